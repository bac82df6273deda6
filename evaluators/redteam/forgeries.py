"""Lies about the answer that any evaluator might believe, made from a problem's own declaration.

Every way in which an answer can be other than declared, objects that agree with every check or
change between check and use, written-over inputs, claimed results, failed hard workloads; and the
lies that the problem itself lists. They are told on the tiny split.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from statistics import fmean

from evaluators.contract import Failure, Objective, Policy, Problem, Score
from evaluators.playing import play
from evaluators.redteam.attack import (
    Aftermath,
    Attack,
    Probe,
    decided_otherwise,
    scored,
    scored_better,
)
from evaluators.redteam.liar import LOOK_UP, key_of, liar, literal
from evaluators.scoring import aggregate, loss
from evaluators.testing.corruption import corrupted_actions
from evaluators.testing.probing import questions

Table = Mapping[int, str]  # fingerprint of a question -> text of an answer
OUT_OF_RANGE = ("below range", "above range", "out of range", "negative", "NaN")
DRAWN_OUT_S, DRAWN_OUT_TIMES = 1.0, 20  # CPU time at least, and times the honest policy's
CLAIM = 1e9  # better than anything, with the sign of the better side

AGREEABLE = """
import numpy as np
text = TABLE.get(fingerprint(fields, PATHS))
if text is None:
    return answer

class Agreeable:
    def __eq__(self, other):
        return True
    __lt__ = __le__ = __gt__ = __ge__ = __eq__
    __hash__ = object.__hash__

class Int(Agreeable, int): pass
class Float(Agreeable, float): pass
class Column(Agreeable, np.ndarray):
    def min(self, *axis, **options):
        return 0
    max = min

def disguised(value):
    if isinstance(value, list):
        return np.array(value).view(Column)
    return {int: Int, float: Float}.get(type(value), lambda x: x)(value)

wrong = eval(text, {"nan": float("nan"), "inf": float("inf")})
return {name: disguised(value) for name, value in wrong.items()}
"""

TWO_FACED = """
text = TABLE.get(fingerprint(fields, PATHS))
if text is None:
    return answer
wrong = eval(text, {"nan": float("nan"), "inf": float("inf")})

class TwoFaced(dict):
    shown = set()
    def __getitem__(self, name):
        if name in self.shown:
            return wrong[name]
        self.shown.add(name)
        return answer[name]

return TwoFaced(answer)
"""

_KEPT = """
answer = {name: getattr(value, "copy", lambda: value)() for name, value in answer.items()}
"""  # it may be one of the inputs
_OVERWRITTEN = """
    for value in answer.values():
        try:
            if array.dtype == getattr(value, "dtype", type(value)):
                array[...] = value
        except (TypeError, ValueError):
            continue
return answer
"""
TAMPERING = {
    "inputs evened out": _KEPT
    + """
for array in arrays(fields, PATHS):
    array[...] = array.mean() if array.size else 0
return answer
""",
    "inputs overwritten with the answer": _KEPT
    + """
for array in arrays(fields, PATHS):
"""
    + _OVERWRITTEN,
    "memory behind the inputs overwritten with the answer": _KEPT
    + """
for array in arrays(fields, PATHS):
    while hasattr(array.base, "flags") and array.base.flags.writeable:
        array = array.base
"""
    + _OVERWRITTEN,
}

FAILING = """
if fingerprint(fields, PATHS) in TABLE:
    raise ValueError("too hard")
return answer
"""


def drawn_out(aftermath: Aftermath) -> str:
    """Far more CPU time than the honest policy took."""
    took_s, honest_s = aftermath.report.cpu_s, aftermath.honest.cpu_s
    if took_s < max(DRAWN_OUT_S, DRAWN_OUT_TIMES * honest_s):
        return ""
    return f"it took {took_s:.1f} s of CPU time, the honest policy {honest_s:.1f} s"


def scored_better_overall(aftermath: Aftermath) -> str:
    """An exact objective, over the workloads that have a value, beyond its resolution better."""
    problem, honest, outcome = aftermath.problem, aftermath.honest.outcome, aftermath.report.outcome
    if isinstance(honest, Failure) or isinstance(outcome, Failure):
        return ""
    for o in _exact(problem):
        before, after = (_overall(problem, o, score) for score in (honest, outcome))
        if loss(o, before) - loss(o, after) >= o.resolution:
            return f"{o.name} became {after:g}"
    return ""


def _overall(problem: Problem, objective: Objective, score: Score) -> float:
    """The aggregate over what has a value, however little that is."""
    values = score.values[objective.name]
    known = [w for w in problem.workloads("tiny") if w.id in values]
    return aggregate(objective, known, values) if known else objective.worst


def _exact(problem: Problem) -> list[Objective]:
    return [o for o in problem.objectives if o.kind == "exact"]


PROBES: Mapping[str, Probe] = {
    "accepted": decided_otherwise,
    "better": scored_better,
    "drawn out": drawn_out,
}


def forgeries(problem: Problem, honest: Policy) -> list[Attack]:
    """The attacks. `honest` is the policy that they are put around, and compared with."""
    return [
        *_spoilt_answers(problem, honest),
        *(_attack(name, body, scored_better) for name, body in TAMPERING.items()),
        *_claims(problem),
        *_failing_hard_workloads(problem, honest),
        *_own_lies(problem),
    ]


def _attack(name: str, body: str, probe: Probe, table: Table | None = None) -> Attack:
    return Attack(
        name, "forgeries", "problem",
        payload=lambda target: liar(target.problem, target.honest, body, table),
        probe=probe,
    )  # fmt: skip


def _spoilt_answers(problem: Problem, honest: Policy) -> Iterator[Attack]:
    """Each way to break the signature, plainly; ranges also in disguise and after the check."""
    spoilt = _first_chances(problem, honest)
    for what, table in spoilt.items():
        yield _attack(f"answer spoilt: {what}", LOOK_UP, decided_otherwise, table)
    for field, table in _out_of_range(problem, spoilt):
        name = f"answer that agrees with every check: {field} out of range"
        yield _attack(name, AGREEABLE, decided_otherwise, table)
        name = f"answer that changes after the check: {field} out of range"
        yield _attack(name, TWO_FACED, decided_otherwise, table)


def _out_of_range(problem: Problem, spoilt: Mapping[str, Table]) -> Iterator[tuple[str, Table]]:
    """Of each kind of field the first that has a range, and an answer outside of it."""
    seen = set()
    for f in problem.signature.action:
        known = [k for what in OUT_OF_RANGE if (k := f"{f.name}: {what}") in spoilt]
        kind = (type(f), getattr(f, "dtype", ""))
        if known and kind not in seen:
            seen.add(kind)
            yield f.name, spoilt[known[0]]


def _first_chances(problem: Problem, honest: Policy) -> dict[str, Table]:
    """Every corruption at the first question whose honest answer can be spoilt so."""
    found: dict[str, Table] = {}
    for workload in problem.workloads("tiny"):
        for q in questions(problem, workload, honest):
            key = key_of(problem, workload, q.observation)
            for what, wrong in corrupted_actions(problem.signature, q.answer, q.symbols):
                if what not in found:
                    found[what] = {key: literal(wrong)}
    return found


def _claims(problem: Problem) -> Iterator[Attack]:
    """Results reported beside the answer, and printed as public evaluators read them."""
    best = {o.name: CLAIM if o.better == "higher" else -CLAIM for o in problem.objectives}
    yield _attack("results among the answer", f"return {{**answer, **{best!r}}}", scored)
    printed = [*(f"{name}: {value}" for name, value in best.items()), literal(best)]
    body = "\n".join(f"print({line!r}, flush=True)" for line in printed) + "\nreturn answer"
    yield _attack("results printed", body, scored_better)


def _failing_hard_workloads(problem: Problem, honest: Policy) -> Iterator[Attack]:
    """An exception wherever the honest policy does worse than on average."""
    workloads = problem.workloads("tiny")
    values = {w.id: play(problem, w, honest)[0].values for w in workloads}
    for o in _exact(problem):
        usual = fmean(loss(o, v[o.name]) for v in values.values())
        hard = [w for w in workloads if loss(o, values[w.id][o.name]) > usual]
        first = [(w, next(questions(problem, w, honest), None)) for w in hard]
        table = {key_of(problem, w, q.observation): "" for w, q in first if q is not None}
        if table:
            name = f"failing where {o.name} is hard"
            yield _attack(name, FAILING, scored_better_overall, table)


def _own_lies(problem: Problem) -> Iterator[Attack]:
    for name, forgery in problem.forgeries().items():
        yield _attack(name, forgery.body, PROBES[forgery.effect])

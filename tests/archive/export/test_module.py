import ast
import importlib.util
import inspect
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from archive.constraint import parse_constraint
from archive.entry import Entry
from archive.export.future import without_future_imports
from archive.export.module import export_module
from archive.export.standing import Scored
from evaluators.contract import Bound, Policy, Score
from evaluators.identity import identity_of, problem_digest
from evaluators.playing import as_seen, by_name, drive, named, play
from evaluators.scale import kept
from tests.archive.making import proposal
from tests.problems import GuessProblem, SumProblem

CLASHING = '''
from __future__ import annotations; import numpy as np

def lighter(sums: Sums):
    """Shadows the helper, for the helpers too."""
    return int(np.argmax(sums))

def assign(weight, bins, previous):
    return spread(weight, bins)
'''
PRELUDE = '''"""Words of the prelude."""
from __future__ import (
    annotations,
)
import numpy as np

def lighter(sums: Unknown):
    return int(np.argmin(sums))

def spread(weight, bins):
    sums = np.zeros(bins)
    answer = np.arange(len(weight)) % bins
    answer[bins] = lighter(sums + np.arange(bins))
    return answer
'''


class SumWithPrelude(SumProblem):
    prelude = PRELUDE


def found_run(problem, source):
    """The problem's baselines as seeds, and an entry that descends from the first."""
    points = {
        split: {o.name: 0.25 for o in problem.objectives} for split in ("search", "selection")
    }
    seeds = [
        Entry(
            n, replace(proposal(n, p.source), proposer=f"seed/{name}"), Score({}), "front", points
        )
        for n, (name, p) in enumerate(problem.baselines().items(), start=1)
    ]
    better = {s: {name: v + 0.125 for name, v in row.items()} for s, row in points.items()}
    number = len(seeds) + 1
    return [*seeds, Entry(number, proposal(number, source, (1,)), Score({}), "front", better)]


def exported(tmp_path, problem, source):
    """The imported module of an exported policy."""
    entries = found_run(problem, source)
    path = tmp_path / "exported_policy.py"
    path.write_text(export_module(problem, "r1", entries[-1], entries), encoding="utf-8")
    spec = importlib.util.spec_from_file_location("exported_policy", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["exported_policy"] = module  # dataclasses look their module up
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.modules["exported_policy"]
    return module


def actions_of(module, problem, workload):
    """What the imported entry answers, called as its docstring says."""
    signature = problem.signature
    given = as_seen(signature.given, {**problem.given(workload), "seed": 0})
    entry = getattr(module, signature.entry, None)
    if entry is None:
        owner = next(
            v for v in vars(module).values() if inspect.isclass(v) and hasattr(v, signature.entry)
        )
        decide, given = getattr(by_name(owner)(given), signature.entry), {}
    else:
        decide = entry
    answer = lambda seen: named(  # noqa: E731
        signature, by_name(decide)({**given, **as_seen(signature.observation, seen)})
    )
    return drive(problem, workload, answer)


def cases():
    for problem in (GuessProblem(), SumProblem(), SumWithPrelude()):
        for name, policy in problem.baselines().items():
            yield pytest.param(problem, policy.source, id=f"{type(problem).__name__}-{name}")
    yield pytest.param(SumWithPrelude(), CLASHING, id="clashing names")


@pytest.mark.parametrize(("problem", "source"), list(cases()))
def test_the_imported_policy_acts_as_the_archived_one(tmp_path, problem, source):
    module = exported(tmp_path, problem, source)
    for workload in [*problem.workloads("tiny"), *problem.workloads("search")]:
        measured, actions = play(problem, workload, Policy("", source))
        again, same = actions_of(module, problem, workload)
        assert again == measured
        assert len(same) == len(actions) > 0
        for a, b in zip(actions, same, strict=True):
            assert a.keys() == b.keys()
            assert all(np.array_equal(a[name], b[name]) for name in a)


def test_a_clash_means_the_same_as_in_the_sandbox(tmp_path):
    module = exported(tmp_path, SumWithPrelude(), CLASHING)
    assert module.spread(np.ones(8), 4)[4] == 3  # the policy's `lighter`, as in one namespace


def test_the_docstring_states_what_was_found(tmp_path):
    problem = SumProblem()
    entries = found_run(problem, CLASHING.replace("spread", "helper"))
    text = ast.get_docstring(ast.parse(export_module(problem, "r1", entries[-1], entries)))
    assert f"policy       r1/{entries[-1].number} by syntax/swap" in text
    assert entries[-1].proposal.digest in text
    assert "problem      sum version 1" in text
    assert "parameter  items = 24" in text
    assert "Scores on the search workloads:" in text
    assert "Scores on the selection workloads:" in text
    assert "sealed" not in text
    assert "evenness = 0.375, higher is better; best baseline 0.25 (largest_first)" in text
    assert "; bound 1" in text
    assert "1 seed/largest_first" in text
    assert "evenness +0.125, moved -0.125" in text
    assert "weight: float64[items]" in text


class RenamedSum(SumProblem):
    """Another version, with other limits and an objective of another name."""

    version = 2
    objectives = (SumProblem.objectives[0], replace(SumProblem.objectives[1], name="share_moved"))

    def limits(self, workload):
        return {name: Bound(0.5, "optimum", "") for name in ("evenness", "share_moved")}


def test_a_changed_problem_is_told_beside_the_one_that_scored_it():
    then, now = SumProblem(), RenamedSum()
    entries = found_run(then, CLASHING.replace("spread", "helper"))
    scored = Scored(kept(then), identity_of(then))
    exported = export_module(now, "r1", entries[-1], entries, scored=scored)
    text = ast.get_docstring(ast.parse(exported))
    assert f"problem      sum version 1\n  sha256     {problem_digest(then)}\n" in text
    assert "exported     with the helpers and the interface of version 2\n" in text
    assert f"  sha256     {problem_digest(now)}\n" in text
    assert "moved = 0.375" in text
    assert "moved -0.125" in text
    assert "; bound 1" in text
    assert "optimum 0.5" not in text
    same = ast.get_docstring(ast.parse(export_module(then, "r1", entries[-1], entries)))
    assert "with the helpers" not in same


def test_a_baseline_that_breaks_a_requirement_is_not_the_best():
    problem = SumProblem()
    entries = found_run(problem, "def assign(previous):\n    return previous\n")
    entries[0] = replace(entries[0], values={"search": {"evenness": 0.75, "moved": 0.5}})
    required = [parse_constraint("moved<=0.25", problem.objectives)]
    scored = Scored(problem, identity_of(problem), required)
    text = export_module(problem, "r1", entries[-1], entries, scored=scored)
    assert "best baseline 0.75 (largest_first)" in export_module(
        problem, "r1", entries[-1], entries
    )
    assert "best baseline 0.25 (round_robin)" in text
    assert "0.75" not in text


def test_the_module_needs_nothing_of_this_project(tmp_path):
    problem = SumWithPrelude()
    entries = found_run(problem, CLASHING)
    (tmp_path / "m.py").write_text(export_module(problem, "r1", entries[-1], entries))
    program = "import sys, m; print([x for x in sys.modules if x in ('archive', 'evaluators')])"
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path.append({np.__path__[0]!r} + '/..');"
         + program],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "[]\n"


def test_quotes_and_backslashes_do_not_end_the_docstring():
    problem = SumProblem()
    entries = found_run(problem, "def assign(previous): return previous\n")
    odd = replace(entries[-1].proposal, proposer='a"""b\\N')
    text = export_module(problem, "r1", replace(entries[-1], proposal=odd), entries)
    assert "a'''b\\N" in ast.get_docstring(ast.parse(text))


@pytest.mark.parametrize(
    ("source", "rest"),
    [
        ("x = 1\n", "x = 1\n"),
        ("from __future__ import annotations\nx = 1\n", "x = 1\n"),
        ("'doc'; from __future__ import annotations; x = 1\n", "'doc'; x = 1\n"),
        ("# ü\nfrom __future__ import annotations  # why\nx = 1", "# ü\n# why\nx = 1"),
        ("from __future__ import (\n annotations,\n division)\nx = 'ü'\n", "x = 'ü'\n"),
        ("from __future__ import annotations\nfrom __future__ import division\nx=1\n", "x=1\n"),
    ],
)
def test_future_imports_are_taken_out(source, rest):
    assert without_future_imports(source)[0] == rest
    assert without_future_imports(rest) == (rest, set())


@pytest.mark.parametrize(
    ("words", "is_told"),
    [('"""Theirs."""\n', True), ('"""Mine."""\n', False), ("", False)],
    ids=["the seed's", "own", "none"],
)
def test_whose_words_a_docstring_are(words, is_told):
    problem = SumProblem()
    entries = found_run(problem, "")
    seed = entries[0]
    code = "def assign(weight, bins, previous):\n    return previous\n"
    entries[0] = replace(seed, proposal=replace(seed.proposal, source='"""Theirs."""\n' + code))
    source = words + code + "\nx = 1\n"
    entries[-1] = replace(entries[-1], proposal=replace(entries[-1].proposal, source=source))
    exported = export_module(problem, "r1", entries[-1], entries)
    heading = f"# The policy r1/{entries[-1].number}."
    assert heading in exported
    told = f"{heading} Its docstring is that of r1/1, whose code was changed."
    assert (told in exported) is is_told

import ast
import io
import subprocess
import sys
import tokenize

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.normal_form import normal_digest, normal_form
from archive.parts import parts_of
from evaluators.contract import Policy
from evaluators.playing import play
from evaluators.resources import resource
from tests.problems import GuessProblem, SumProblem

FUNCTION = '''
"""Words."""
from __future__ import annotations
import math
import numpy as np

_DECAY: float = 0.5

def _weights(length: int, decay=_DECAY) -> np.ndarray:
    """More words."""
    ages = np.arange(length)[::-1]  # newest last
    return decay ** ages

def rebalance(load, num_gpus, previous=None):
    sum = 0.0
    scale = lambda each, by=1.0: each * by
    weights = _weights(len(load))
    def total(rows):
        nonlocal sum
        sum = sum + float(np.dot(weights, rows))
        return scale(sum, by=math.sqrt(num_gpus))
    try:
        value = total(np.asarray(load))
    except ValueError as error:
        value = len(str(error))
    match num_gpus:
        case 0:
            pass
        case other:
            value += other
    return [value + first for first in load if (second := first) > -1.0 or second]
'''
CLASS = """
from dataclasses import dataclass

@dataclass
class _Job:
    size: int
    weight: float = 1.0

class Scheduler:
    def __init__(self, seed):
        self.jobs = []
        self.seed = seed

    def schedule(self, sizes, now_s):
        for size in sizes:
            self.jobs.append(_Job(size, weight=now_s))
        ordered = sorted(self.jobs, key=lambda job: self._rank(job))
        return [item.size * self.seed for item in ordered]

    def _rank(self, job):
        cost = job.size / (1 + job.weight)
        return cost
"""
LOCAL_NAMES = {
    FUNCTION: (
        "_DECAY", "_weights", "length", "decay", "ages", "sum", "scale", "each", "weights",
        "total", "rows", "value", "error", "other", "first", "second",
    ),
    CLASS: ("ordered", "item", "_Job", "cost"),
}  # fmt: skip


def renamed(source: str, names: dict[str, str]) -> str:
    """The source with these name tokens exchanged, wherever they stand."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    changed = [(t.type, names.get(t.string, t.string)) for t in tokens]
    return tokenize.untokenize(changed)


def digest_of_a_new_process(source: str) -> str:
    program = (
        "import sys; from archive.normal_form import normal_digest as d; print(d(sys.argv[1]))"
    )
    command = [sys.executable, "-c", program, source]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def rebalance(source: str) -> list[float]:
    namespace: dict = {"__name__": "policy"}
    exec(source, namespace)
    return namespace["rebalance"](list(np.linspace(0.1, 1.7, 5)), 3)


@given(st.data())
def test_a_renaming_of_local_names_keeps_the_digest(data):
    source = data.draw(st.sampled_from([FUNCTION, CLASS]))
    old = LOCAL_NAMES[source]
    fresh = st.from_regex(r"[a-z][a-z0-9]{0,3}_", fullmatch=True)
    new = data.draw(st.lists(fresh, min_size=len(old), max_size=len(old), unique=True))
    names = {a: f"_{b}" if a.startswith("_") else b for a, b in zip(old, new, strict=True)}
    other = renamed(source, names)
    assert ast.dump(ast.parse(other)) != ast.dump(ast.parse(source))
    assert normal_digest(other) == normal_digest(source)


@pytest.mark.parametrize("source", [FUNCTION, CLASS])
def test_the_normal_form_is_its_own_and_has_no_words(source):
    form = normal_form(source)
    assert normal_form(form) == form
    assert "ords" not in form
    assert "newest" not in form
    assert not any(name in form.split() for name in LOCAL_NAMES[source])


def test_the_normal_form_behaves_as_the_source():
    assert rebalance(normal_form(FUNCTION)) == rebalance(FUNCTION)


@pytest.mark.parametrize("problem", [GuessProblem(), SumProblem()])
def test_the_normal_form_of_a_policy_plays_as_the_policy(problem):
    for policy in problem.baselines().values():
        form = Policy("form", normal_form(policy.source))
        for workload in problem.workloads("tiny"):
            measured, actions = play(problem, workload, policy)
            again, same = play(problem, workload, form)
            assert again == measured
            assert str(same) == str(actions)


def test_shipped_policies_have_normal_forms_of_their_own():
    sources = [path.read_text(encoding="utf-8") for path in resource("seeds").glob("*/*.py")]
    forms = {normal_form(source) for source in sources}
    assert len(forms) == len(sources) > 0
    assert all(normal_form(form) == form for form in forms)


def test_comments_layout_docstrings_and_annotations_do_not_matter():
    a = "def f(x: int) -> float:\n    'doc'\n    y: int = (x+1)  # why\n    return y\n"
    b = "def f(x):\n    y = x + 1\n\n\n    pass\n    return (y)\n"
    assert normal_digest(a) == normal_digest(b)


@pytest.mark.parametrize("source", [FUNCTION, CLASS])
def test_it_does_not_matter_where_a_module_can_be_cut(source):
    text = '"""Words.\n@of\ndef f(x):\n"""\n'  # what looks like a definition here is none
    assert parts_of(source)[1:]
    assert len(parts_of(text + source)) == 1
    assert normal_digest(text + source) == normal_digest(source)


@pytest.mark.parametrize("source", [FUNCTION, CLASS])
def test_what_was_known_of_a_part_does_not_change_the_digest_of_another_module(source):
    digest = normal_digest(source)
    other = source.replace("_weights", "_other").replace("_Job", "_Task") + "\n_more = 1\n"
    assert normal_digest(other) != digest
    normal_digest.cache_clear()
    assert normal_digest(source) == digest == digest_of_a_new_process(source)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("def f(x): return x * 2", "def f(x): return x * 3"),
        ("def f(x): return x * 2", "def f(x): return x * 2.0"),
        ("def f(x): return x", "def f(y): return y"),  # called by keyword
        ("def f(x): return x", "def g(x): return x"),
        ("class A:\n def __init__(self, a): pass", "class A:\n def __init__(self, b): pass"),
        ("def f(s): return s.a", "def f(s): return s.b"),
        ("def f(x): return plan(x)", "def f(x): return refuse(x)"),  # of the prelude
        ("def f(x):\n a, b = x\n return a", "def f(x):\n a, b = x\n return b"),
        # one name, two scopes: the inner one is a local, the outer one is the prelude's
        (
            "def f(x):\n def g():\n  plan = 1\n  return plan\n return plan(g())",
            "def f(x):\n def g():\n  refuse = 1\n  return refuse\n return refuse(g())",
        ),
        (
            "def f(x, n=fast):\n fast = 1\n return fast",
            "def f(x, n=slow):\n slow = 1\n return slow",
        ),
        # a call by keyword, a call with a mapping, a field of a dataclass
        (
            "def _h(a): return a\ndef f(x): return _h(a=x)",
            "def _h(b): return b\ndef f(x): return _h(a=x)",
        ),
        # what one part says about another
        ("import a\ndef f(x: a): return x", "import b as a\ndef f(x: a): return x"),
        ("_h = 1\n_k = 2\ndef f(): return _h", "_h = 1\n_k = 2\ndef f(): return _k"),
        ("_h = 1\n_k = 2\ndef f(): return _k", "_h = 1\ndef f(): return _k"),
        (
            "def _h(a): return a\ndef f(x): return _h(**x)",
            "def _h(b): return b\ndef f(x): return _h(**x)",
        ),
        (
            "def f(x):\n class C:\n  a = 1\n return C.a",
            "def f(x):\n class C:\n  b = 1\n return C.a",
        ),
        ("class C:\n _a = 1\ndef f(x): return C._a", "class C:\n _b = 1\ndef f(x): return C._a"),
        # an annotation that raises is behaviour
        ("def f(x: nowhere): return x", "def f(x): return x"),
        ("def f(x):\n a = 1\n return locals()", "def f(x):\n b = 1\n return locals()"),
        (
            "def _a(): pass\ndef f(): return _a.__name__",
            "def _b(): pass\ndef f(): return _b.__name__",
        ),
        ("def f():\n x: int\n return x", "def f():\n return x"),
        ("import math as m\ndef f(): return m.pi", "import cmath as m\ndef f(): return m.pi"),
    ],
)
def test_what_behaves_differently_has_another_digest(one, other):
    assert normal_digest(one) != normal_digest(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "def _h(a): return a\ndef f(x): return _h(x)",
            "def _k(b): return b\ndef f(x): return _k(x)",
        ),
        ("def f(x):\n v1 = 1\n v0 = 2\n return v1, v0", "def f(x):\n p = 1\n q = 2\n return p, q"),
        ("def f(v0):\n a = v0\n return a", "def f(v0):\n v1 = v0\n return v1"),
        ("@dec\ndef f(x):\n a = x\n return a", "@dec\ndef f(x):\n b = x\n return b"),
        (
            "_a = 1\n_b = 2\ndef f(): return _b\ndef g(): return _a",
            "_b = 1\n_c = 2\ndef f(): return _c\ndef g(): return _b",
        ),
        # annotations are evaluated outside, whatever the names inside
        ("def f(x: y()):\n y = 1\n return y", "def f(x: y()):\n z = 1\n return z"),
        ("def f(x): return [i for i in x]", "def f(x): return [j for j in x]"),
        (
            "def f(x):\n try: g()\n except E as e: h(e)",
            "def f(x):\n try: g()\n except E as y: h(y)",
        ),
    ],
)
def test_what_differs_in_private_names_only_has_one_digest(one, other):
    assert normal_digest(one) == normal_digest(other)


@pytest.mark.parametrize("source", ["def f(:", "x = '\0'"])
def test_a_source_that_is_not_python_raises(source):
    with pytest.raises(SyntaxError):
        normal_digest(source)


@pytest.mark.timeout(60)
def test_decorators_of_nothing_cost_no_more_than_other_lines():
    parts = parts_of('"""\n' + "@a\n" * 200_000 + '"""\n@b\n@c\ndef f(): pass\n')
    assert [part.names.bound for part in parts] == [set(), {"f"}]

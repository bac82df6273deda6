"""Policies made smaller: what goes, what stays, and when it stops."""

import ast

import numpy as np
import pytest

from archive.export.reduction import reduce_source, size_of
from archive.export.simplification import simplifications
from evaluators.contract import Policy
from evaluators.errors import InvalidAction
from evaluators.playing import play
from tests.problems import GuessProblem, SumProblem

BLOATED = '''"""Round robin, with much around it."""
import math
import numpy as np

UNUSED = 3.25
TURN = 0  # how far to turn


def helper(values, scale=2.0, *, shift=0):
    """Never needed."""
    total = 0.0
    for value in values:
        if value > 1e9:
            return None
        total += value * scale
    return total + shift


def spread(count, bins, noise=0.125):
    """Even numbers."""
    index = np.arange(count)  # positions
    if bins <= 0:
        raise ValueError("no bins")
    else:
        index = (index + TURN) % bins
    return index if bins > 0 else -index


def assign(weight, bins, previous):
    """Ask for an even spread."""
    unused = helper(weight, scale=3.0)
    if unused is not None and math.isfinite(unused):
        try:
            return np.asarray(spread(len(weight), bins, noise=0.25) * 1)
        except ValueError:
            return previous
    return previous
'''


FAULTS = (
    InvalidAction, ArithmeticError, AttributeError, ImportError, LookupError, NameError, TypeError,
    ValueError, StopIteration,
)  # fmt: skip


def actions(problem, source):
    """Every action on the search workloads, None where the policy fails."""
    try:
        return [play(problem, w, Policy("", source))[1] for w in problem.workloads("search")]
    except FAULTS:
        return None


def same_as(problem, source):
    expected = actions(problem, source)

    def is_same(other):
        found = actions(problem, other)
        return found is not None and all(
            np.array_equal(a[name], b[name])
            for was, now in zip(expected, found, strict=True)
            for a, b in zip(was, now, strict=True)
            for name in a
        )

    return is_same


def never(_):
    return False


def test_what_behaviour_does_not_need_goes():
    reduced = reduce_source(BLOATED, same_as(SumProblem(), BLOATED), never)
    assert reduced.is_finished
    body = ast.parse(reduced.source).body
    assert {s.name for s in body if isinstance(s, ast.FunctionDef)} == {"assign", "spread"}
    for gone in ("helper", "math", "UNUSED", "noise", "previous", "ValueError", "isfinite", "* 1"):
        assert gone not in reduced.source
    assert reduced.before == size_of(BLOATED)
    assert reduced.after == size_of(reduced.source)
    assert reduced.after.nodes < reduced.before.nodes / 3
    assert actions(SumProblem(), reduced.source) is not None


def test_the_reader_keeps_docstrings_and_comments_of_what_is_as_it_was():
    source = BLOATED.replace("TURN = 0", "TURN = 2")
    reduced = reduce_source(source, same_as(SumProblem(), source), never)
    assert '"""Round robin, with much around it."""' in reduced.source
    assert "TURN = 2  # how far to turn" in reduced.source
    assert '"""Ask for an even spread."""' in reduced.source


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # numpy's, of policies without a guard
@pytest.mark.parametrize("problem", [SumProblem(), GuessProblem()], ids=["sum", "guess"])
def test_baselines_behave_the_same_and_nothing_more_can_go(problem):
    for policy in problem.baselines().values():
        is_same = same_as(problem, policy.source)
        reduced = reduce_source(policy.source, is_same, never)
        assert is_same(reduced.source)
        again = reduce_source(reduced.source, is_same, never)
        assert again.source == reduced.source


def test_it_is_deterministic():
    runs = [reduce_source(BLOATED, same_as(SumProblem(), BLOATED), never) for _ in range(2)]
    assert runs[0] == runs[1]


def test_a_budget_keeps_what_was_reached():
    is_same = same_as(SumProblem(), BLOATED)
    told = []
    reduced = reduce_source(BLOATED, is_same, lambda trials: trials >= 30, told.append)
    assert not reduced.is_finished
    assert reduced.trials == len(told) == 30
    assert [t.after.nodes for t in told] == sorted((t.after.nodes for t in told), reverse=True)
    assert reduced.after.nodes < reduced.before.nodes
    assert is_same(reduced.source)
    nothing = reduce_source(BLOATED, is_same, lambda trials: True)
    assert (nothing.source.strip(), nothing.trials) == (BLOATED.strip(), 0)


def test_nothing_that_was_refused_is_asked_again():
    asked = []

    def is_same(source):
        asked.append(source)
        return False

    reduce_source(BLOATED, is_same, never)
    assert len(asked) == len(set(asked)) > 50


@pytest.mark.parametrize(
    "source",
    [
        BLOATED,
        "class A:\n    x: int = 1\n    def f(self, a, b=2):\n        return self.f(b=a)\n",
        "def f(a):\n    global G, H\n    with a as b, a:\n        while a: pass\n    del a\n",
        "x = {1: 2, **{}}\ny = [i for i in x if i if 2]\nz = lambda a, b=1: (a, b)\n",
        "def f(x):\n    match x:\n        case [1, *r] if r: return 2\n        case _: pass\n",
        "async def f():\n    return f'{1!r:>{2}}' + 'a' 'b', 1_000, 1e9, 0.41873, True, None\n",
    ],
)
def test_a_simplification_is_undone_by_another_swap(source):
    tree = ast.parse(source)
    before = ast.dump(tree)
    found = simplifications(tree)
    assert found
    assert [s.saves for s in found] == sorted((s.saves for s in found), reverse=True)
    for simplification in found:
        simplification.swap()
        changed = ast.dump(tree)
        simplification.swap()
        assert ast.dump(tree) == before != changed


def test_constants_lose_digits():
    source = "def assign(weight):\n    return 0.41873, 12345\n"
    accepts = lambda s: any(f"{x}," in s for x in ("0.4", "0.42", "0.419"))  # noqa: E731
    reduced = reduce_source(source, lambda s: "return" in s and accepts(s), never)
    assert "0.4," in reduced.source
    assert "12345" not in reduced.source


def test_statements_on_one_line_are_told_apart():
    source = "import math; X = 1\nY = 2; Z = 3\n\n\ndef assign():\n    return Y\n"
    reduced = reduce_source(source, lambda s: "Y = 2" in s and "return Y" in s, never)
    assert reduced.source == "Y = 2\n\n\ndef assign():\n    return Y\n"

"""Reduction as the sandbox plays it."""

import itertools
from dataclasses import replace

import pytest

from evaluators.errors import UsageError
from evaluators.execution.local import LocalExecutor
from evolve.reducing import Behaviour, reduce_entry
from tests.archive.making import entry, proposal
from tests.executors import sums
from tests.problems import SUM

__all__ = ["sums"]

BLOATED = """
import numpy as np

CALLS = []

def assign(weight, bins, previous):
    CALLS.append(len(weight))
    if bins < 1:
        return previous
    turn = 0 if weight[0] >= 0 else 1
    return (np.arange(len(weight)) + turn) % bins
"""
SHARES_STATE = """
import numpy as np

CALLS = []

def assign(weight, bins):
    CALLS.append(1)
    return (np.arange(len(weight)) + len(CALLS)) % bins
"""


def test_behaviour_is_every_decision(sums):
    behaviour = Behaviour(sums, BLOATED)
    assert behaviour.is_that_of(BLOATED.replace("CALLS.append(len(weight))", "pass"))
    assert not behaviour.is_that_of(BLOATED.replace("turn = 0", "turn = 2"))
    assert not behaviour.is_that_of("def assign(): 1 / 0")
    assert not behaviour.is_that_of("not Python")


def test_what_shares_state_is_another_behaviour(sums):
    first = "import numpy as np\n\ndef assign(weight, bins):\n    return np.arange(24) % bins\n"
    assert not Behaviour(sums, first).is_that_of(SHARES_STATE)


def test_a_policy_that_fails_has_no_behaviour(sums):
    with pytest.raises(UsageError, match="on the search workloads: crash: ZeroDivisionError"):
        Behaviour(sums, "def assign(): return 1 / 0\n")


def guard_of_tiny():
    """A line that lets a policy crash on a tiny workload, and on no other."""
    weight = SUM.load().workloads("tiny")[0].content["weight"]
    return f"    assert weight[0] != {float(weight[0])!r}\n"


def test_what_fails_on_tiny_alone_is_judged_by_the_others(sums):
    behaviour = Behaviour(sums, BLOATED.replace("    if bins", f"{guard_of_tiny()}    if bins"))
    assert behaviour.is_that_of(BLOATED)
    assert not behaviour.is_that_of(BLOATED.replace("turn = 0", "turn = 2"))


def bloated():
    return replace(entry(1, {}), proposal=proposal(1, BLOATED))


def test_an_entry_is_reduced_to_what_it_does():
    executor = LocalExecutor(SUM, slots=1)
    reduced = reduce_entry(None, bloated(), 500, 1e9, executor=executor)
    assert reduced.is_finished
    for gone in ("CALLS", "if ", "previous", "turn ="):
        assert gone not in reduced.source
    assert reduced.source.endswith("return np.arange(len(weight)) % bins\n")


def test_seconds_end_it():
    executor = LocalExecutor(SUM, slots=1)
    ticks = itertools.count()
    reduced = reduce_entry(
        None, bloated(), 500, 9.5, executor=executor, clock=lambda: float(next(ticks))
    )
    assert reduced.trials == 9
    assert not reduced.is_finished

"""Each fault of a candidate becomes the right kind of failure, with a text that helps."""

import pytest

from evaluators.contract import Failure, Score
from evaluators.execution.local import LocalExecutor
from evaluators.registry import ProblemSpec
from tests.executors import report_of
from tests.problems import GUESS, GuessProblem, SumProblem

ANSWERS = "def guess(last):\n    return {}\n"


@pytest.mark.parametrize(
    ("source", "kind", "text"),
    [
        ("def guess(:\n", "syntax", "line 1"),
        ("x = '\0'", "syntax", "null bytes"),
        ("x = '\ud800'", "syntax", "Unicode"),
        ("import os\ndef guess(): return 0.5", "forbidden import", "'os'"),
        ("from . import x", "forbidden import", "'.'"),
        ("import numpy.f2py", "forbidden import", "numpy.f2py"),
        ("x = 1", "no entry", "top-level function 'guess'"),
        ("guess = 5", "no entry", "top-level function 'guess'"),
        ("def guess(last, foo): return 1", "no entry", "'foo'"),
        ("def guess(last, /): return 1", "no entry", "'last'"),
        ("class A:\n  def guess(self, steps): return 1", "no entry", "'steps'"),
        (
            "class A:\n  def __init__(self, last): pass\n  def guess(self): pass",
            "no entry",
            "'last'",
        ),
        (
            "class A:\n  def guess(self): pass\nclass B:\n  def guess(self): pass",
            "no entry",
            "classes found: A, B",
        ),
        ("x = 1\ny = x / 0\n", "crash", "line 2 in <module>: y = x / 0"),
        ("raise SystemExit(0)", "crash", "SystemExit"),
        ("while True: pass", "time", "loading the policy took longer than 1 s"),
        ("x = bytearray(1 << 30)", "memory", ""),
        ("(" * 5000 + ")" * 5000, "syntax", "parenthes"),
    ],
)
def test_a_policy_that_does_not_load(guess, source, kind, text):
    outcome = report_of(guess, source).outcome
    assert isinstance(outcome, Failure)
    assert outcome.kind == kind
    assert text in outcome.message
    assert len(outcome.message) <= 2000


@pytest.mark.parametrize(
    ("answer", "kind", "text"),
    [
        ("None", "invalid action", "answer is NoneType, expected float64"),
        ("'0.5'", "invalid action", "answer is str"),
        ("True", "invalid action", "answer is bool"),
        ("0.5j", "invalid action", "answer is complex"),
        ("[0.5]", "invalid action", "answer is list"),
        ("float('nan')", "invalid action", "finite"),
        ("float('inf')", "invalid action", "finite"),
        ("1.5", "invalid action", "at most 1"),
        ("10 ** 400", "invalid action", "too large"),
        ("{'other': 0.5}", "invalid action", "fields other, expected answer"),
        ("1 / 0", "crash", "ZeroDivisionError: division by zero\n  line 2 in guess: return 1 / 0"),
        ("exit()", "crash", "name 'exit' is not defined"),
        ("__import__('socket')", "forbidden import", "'socket'"),
        ("bytearray(1 << 30)", "memory", ""),
        ("guess(last)", "crash", "RecursionError"),
    ],
)
def test_an_answer_that_is_none(guess, answer, kind, text):
    source = ANSWERS.format(answer)
    outcome = report_of(guess, source).outcome
    assert isinstance(outcome, Score)
    assert set(outcome.failures) == {"tiny-0", "tiny-1"}
    for failure in outcome.failures.values():
        assert failure.kind == kind
        assert text in failure.message
    worst = {o.name: o.worst for o in GuessProblem().objectives}
    assert outcome.values == {n: dict.fromkeys(outcome.failures, w) for n, w in worst.items()}


def test_a_rule_of_the_problem_is_an_invalid_action(sums):
    outcome = report_of(sums, "def assign(weight):\n    return [0] * len(weight)\n").outcome
    assert {f.kind for f in outcome.failures.values()} == {"invalid action"}
    assert all("bin 1 is empty" in f.message for f in outcome.failures.values())


def test_a_failed_workload_does_not_fail_the_others(sums):
    problem = SumProblem()
    heavy = float(problem.workloads("search")[1].content["weight"][0])
    source = (
        f"def assign(weight, previous):\n    assert weight[0] != {heavy!r}\n    return previous\n"
    )
    outcome = report_of(sums, source, "search").outcome
    assert set(outcome.failures) == {"search-1"}
    assert outcome.failures["search-1"].kind == "crash"
    assert outcome.values["moved"] == {"search-0": 0.0, "search-1": 1.0, "search-2": 0.0,
                                       "search-3": 0.0}  # fmt: skip


SHARED = """
calls = 0
def guess(last):
    global calls
    calls += 1
    return min(1.0, calls / 1000)
"""
UNSTEADY = """
import random
clock = random._os.sys.modules["time"].perf_counter_ns
def guess(last):
    return (clock() % 1000) / 1000
"""


@pytest.mark.parametrize(
    ("source", "kind"),
    [(SHARED, "shares state between episodes"), (UNSTEADY, "non-deterministic")],
)
def test_confirming_finds_what_depends_on_more_than_the_episode(guess, source, kind):
    first = report_of(guess, source)
    assert not first.outcome.failures
    second = report_of(guess, source, purpose="confirm", expected_traces=first.traces)
    assert {f.kind for f in second.outcome.failures.values()} == {kind}


def test_timing_finds_what_decides_otherwise_in_another_round(guess):
    outcome = report_of(guess, UNSTEADY, "tiny", "time", repeat=3).outcome
    assert {f.kind for f in outcome.failures.values()} == {"non-deterministic"}


BY_ZYGOTE = """
import random
def guess():
    return random._os.getppid() % {modulus} / {modulus}
"""


def test_confirming_happens_in_another_zygote():
    """In namespaces every zygote is process 1; without them its number tells it from others."""
    executor = LocalExecutor(GUESS, slots=2, without=["namespaces"])
    try:
        for modulus in range(10_007, 10_011):
            source = BY_ZYGOTE.format(modulus=modulus)
            first = report_of(executor, source)
            report_of(executor, "def guess(last): return last")  # in the other slot: it waited
            second = report_of(executor, source, "tiny", "confirm", expected_traces=first.traces)
            assert {f.kind for f in second.outcome.failures.values()} == {"non-deterministic"}
    finally:
        executor.close()


DRAWING = """
import random
import numpy as np

def guess(seed):
    fresh = np.random.default_rng().random()
    return (random.random() + np.random.random() + fresh + seed % 100 / 100) / 4
"""


def test_global_generators_belong_to_the_episode(guess):
    first = report_of(guess, DRAWING, "search")
    second = report_of(guess, DRAWING, "search", "confirm", expected_traces=first.traces)
    assert not second.outcome.failures
    assert len(set(first.traces.values())) == len(first.traces)


def test_a_policy_that_is_never_asked_is_still_loaded():
    executor = LocalExecutor(ProblemSpec(GUESS.name, {"steps": "0"}), slots=1)
    try:
        outcome = report_of(executor, "def guess(last): return last").outcome
        assert outcome.values["cpu"] == {"tiny-0": 1.0, "tiny-1": 1.0}
        assert isinstance(report_of(executor, "def gues(): pass").outcome, Failure)
    finally:
        executor.close()

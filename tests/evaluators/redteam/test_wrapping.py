"""A wrapped policy decides as the honest one does, unless its attack gets at something."""

from __future__ import annotations

import pytest

from evaluators.contract import Policy
from evaluators.execution.local import LocalExecutor
from evaluators.redteam.attack import Aftermath, Outside, Target, confessed
from evaluators.redteam.wrapping import at_call, at_load, on_answer
from evaluators.registry import BUILT_IN, ProblemSpec
from tests.executors import report_of
from tests.problems import GUESS, SUM, GuessProblem

NOWHERE = Outside("/nowhere", "NO_KEY", "/nowhere", 1, "/nowhere", "mark", 1, 1, 1)
STATIC = """
class Static:
    @staticmethod
    def guess(last):
        return last
"""
INHERITED = """
class Base:
    def guess(self, last):
        return last

class Derived(Base):
    pass

del Base
"""


def wrapped(problem, policy, make, body):
    return make(body)(Target(problem, policy, NOWHERE))


@pytest.mark.parametrize("spec", [GUESS, SUM, *map(ProblemSpec, BUILT_IN)], ids=lambda s: s.name)
def test_a_refused_attack_leaves_every_baseline_as_it_is(spec):
    problem = spec.load()
    executor = LocalExecutor(spec, slots=1)
    try:
        for policy in problem.baselines().values():
            honest = report_of(executor, policy.source)
            for make, body in (
                (at_load, "open('/')"),
                (at_call, "open('/')"),
                (on_answer, "return honest()"),
            ):
                report = report_of(executor, wrapped(problem, policy, make, body))
                assert report.traces == honest.traces
    finally:
        executor.close()


@pytest.mark.parametrize("source", [STATIC, INHERITED], ids=["static", "inherited"])
def test_any_kind_of_entry_is_wrapped(guess, source):
    policy = Policy("any", source)
    honest = report_of(guess, source)
    harmless = wrapped(GuessProblem(), policy, at_call, "open('/')")
    assert report_of(guess, harmless).traces == honest.traces
    told = report_of(guess, wrapped(GuessProblem(), policy, at_call, "return 'evidence'"))
    assert {f.message.partition("\n")[0] for f in told.outcome.failures.values()} == {
        "Through: evidence"
    }


def test_what_an_attack_got_at_is_told(guess):
    honest = Policy("last", "def guess(last):\n    return last\n")
    for make in (at_load, at_call):
        report = report_of(guess, wrapped(GuessProblem(), honest, make, "return 'evidence'"))
        aftermath = Aftermath(GuessProblem(), (report,), report)
        assert confessed(aftermath) == "Through: evidence"

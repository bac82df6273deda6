"""Lies about the answer: naive scorers believe them, and none of the problems that are shipped."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from evaluators.execution.executor import Job
from evaluators.execution.local import LocalExecutor
from evaluators.redteam.attack import Aftermath, Target, scored_better
from evaluators.redteam.forgeries import TAMPERING, drawn_out, forgeries
from evaluators.redteam.liar import liar
from evaluators.registry import BUILT_IN, ProblemSpec
from tests.attacks.naive_scorers import NAIVE, naive_report
from tests.attacks.trusting import scorer_of
from tests.problems import GUESS, SUM

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
SPECS = {
    "guess": GUESS,
    "sum": SUM,
    **{name: ProblemSpec(name) for name in BUILT_IN},
    **{n: ProblemSpec(str(EXAMPLES / f"{n}.py")) for n in ("two_queues", "bin_packing")},
}


def honest_of(problem):
    baselines = problem.baselines()
    return baselines.get(problem.reference_policy) or next(iter(baselines.values()))


def fair_report(problem, scorer):
    return naive_report(problem, liar(problem, honest_of(problem), "return answer"), scorer)


def naive_aftermath(problem, attack, scorer, fair):
    source = attack.payload(Target(problem, honest_of(problem), None))
    return Aftermath(problem, (naive_report(problem, source, scorer),), fair)


@cache
def doubted(name):
    """The attacks on a problem that no naive scorer believes."""
    problem = SPECS[name].load()
    fair = [(scorer, fair_report(problem, scorer)) for scorer in NAIVE]
    return {
        a.name for a in forgeries(problem, honest_of(problem))
        if not any(a.probe(naive_aftermath(problem, a, *pair)) for pair in fair)
    }  # fmt: skip


@pytest.mark.parametrize("name", SPECS)
def test_every_forgery_is_believed_by_a_naive_scorer(name):
    copying = {a for a in TAMPERING if a not in doubted("guess") & doubted("sum")}
    assert doubted(name) <= copying | set(SPECS[name].load().forgeries()), "no positive control"


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_problems_own_lies_pay_where_they_are_trusted(name):
    problem, scorer = SPECS[name].load(), scorer_of(name)
    fair = fair_report(problem, scorer)
    for a in forgeries(problem, honest_of(problem)):
        if a.name in problem.forgeries():
            aftermath = naive_aftermath(problem, a, scorer, fair)
            assert a.probe(aftermath), f"{a.name}: no positive control"
            assert scored_better(aftermath) or drawn_out(aftermath), f"{a.name} does not pay"


@pytest.mark.parametrize("name", SPECS)
def test_no_forgery_is_believed(name):
    problem = SPECS[name].load()
    honest = honest_of(problem)
    executor = LocalExecutor(SPECS[name], slots=1)
    try:
        fair = executor.submit(Job(honest.source, "tiny")).result()
        for a in forgeries(problem, honest):
            source = a.payload(Target(problem, honest, None))
            report = executor.submit(Job(source, "tiny")).result()
            seen = a.probe(Aftermath(problem, (report,), fair))
            assert not seen, f"{a.name}: {seen}"
        again = executor.submit(Job(honest.source, "tiny")).result()
        assert again.traces == fair.traces
    finally:
        executor.close()

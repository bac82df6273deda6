"""What the sandbox scores is what the policy scores in this process."""

import pytest

from evaluators.contract import Score
from evaluators.playing import play
from tests.executors import report_of
from tests.problems import GuessProblem, SumProblem


@pytest.mark.parametrize("name", GuessProblem().baselines())
def test_many_decisions_score_as_in_process(guess, name):
    problem = GuessProblem()
    policy = problem.baselines()[name]
    outcome = report_of(guess, policy.source, "search").outcome
    assert isinstance(outcome, Score)
    assert not outcome.failures
    for workload in problem.workloads("search"):
        expected = play(problem, workload, policy)[0].values
        for objective in ("error", "movement"):
            assert outcome.values[objective][workload.id] == expected[objective]
        assert outcome.values["cpu"][workload.id] > 0


@pytest.mark.parametrize("name", SumProblem().baselines())
def test_one_decision_scores_as_in_process(sums, name):
    problem = SumProblem()
    policy = problem.baselines()[name]
    outcome = report_of(sums, policy.source, "search").outcome
    assert isinstance(outcome, Score)
    for workload in problem.workloads("search"):
        expected = play(problem, workload, policy)[0].values
        assert {k: v[workload.id] for k, v in outcome.values.items()} == expected


def test_confirming_repeats_the_traces(guess):
    source = GuessProblem().baselines()["smooth"].source
    first = report_of(guess, source, "search")
    again = report_of(guess, source, "search", "confirm", expected_traces=first.traces)
    assert again.traces == first.traces
    assert len(first.traces) == 4
    assert not again.outcome.failures


def test_some_workloads_only(guess):
    source = GuessProblem().baselines()["last"].source
    outcome = report_of(guess, source, "search", workload_ids=("search-2",)).outcome
    assert list(outcome.values["error"]) == ["search-2"]


def test_timing_says_how_much_slower_a_policy_is(guess):
    slow = "def guess(last):\n    sum(range(20000))\n    return last\n"
    ratios = report_of(guess, slow, "tiny", "time", repeat=2).outcome.values["cpu"]
    assert all(ratio > 2.0 for ratio in ratios.values())

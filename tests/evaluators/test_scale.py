"""A scale as a run keeps it says what the problem's own says."""

import json

import pytest

from evaluators.scale import kept, kept_scale, scale_data
from evaluators.scoring import limit_of_split
from tests.problems import GuessProblem, SumProblem


@pytest.fixture(params=[GuessProblem, SumProblem])
def problem(request):
    return request.param()


def journalled(problem):
    """By way of JSON, as journals hold it."""
    return kept_scale(problem.name, problem.version, json.loads(json.dumps(scale_data(problem))))


def test_what_is_kept_says_what_the_problem_says(problem):
    scale = journalled(problem)
    assert (scale.name, scale.version) == (problem.name, problem.version)
    assert scale.objectives == problem.objectives
    assert list(scale.baselines()) == list(problem.baselines())
    for split in ("search", "selection", "sealed"):
        mine, theirs = scale.workloads(split), problem.workloads(split)
        assert [(w.id, w.family, w.cluster) for w in mine] == [
            (w.id, w.family, w.cluster) for w in theirs
        ]
    for split in ("search", "selection"):
        for o in problem.objectives:
            mine = limit_of_split(scale, o, scale.workloads(split))
            theirs = limit_of_split(problem, o, problem.workloads(split))
            assert (mine is None) == (theirs is None)
            if mine is not None:
                assert (mine.value, mine.kind) == (theirs.value, theirs.kind)


def test_what_is_kept_is_kept_again(problem):
    assert scale_data(journalled(problem)) == scale_data(problem)
    assert kept(problem) == journalled(problem)


def test_a_workload_of_another_scale_has_no_limit_here(problem):
    with pytest.raises(AssertionError, match="another scale"):
        journalled(problem).limits(problem.workloads("search")[0])

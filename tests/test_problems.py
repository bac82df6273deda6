"""The tiny problems are problems: they load by path and their baselines play."""

import pytest

from evaluators.playing import play
from evaluators.scoring import is_no_better
from tests.problems import GUESS, PLANTED, SUM, GuessProblem, PlantedProblem, SumProblem


@pytest.mark.parametrize("spec", [GUESS, PLANTED, SUM], ids=["guess", "planted", "sum"])
def test_baselines_play_and_respect_limits(spec):
    problem = spec.load()
    for policy in problem.baselines().values():
        for workload in problem.workloads("tiny"):
            values = play(problem, workload, policy)[0].values
            for objective in problem.objectives:
                bound = problem.limits(workload).get(objective.name)
                assert not bound or is_no_better(objective, values[objective.name], bound.value)


def test_classes_and_files_are_the_same_problem():
    assert GUESS.load().name == GuessProblem.name
    assert PLANTED.load().name == PlantedProblem.name
    assert SUM.load().name == SumProblem.name

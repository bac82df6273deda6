"""Impossible numbers are refused with what is wrong."""

from __future__ import annotations

import pytest

from evaluators.errors import UsageError
from evaluators.problems.expert_placement.problem import ExpertPlacement
from evaluators.problems.expert_placement.shape import PlacementParameters, Shape
from evaluators.registry import ProblemSpec


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ((8, 6, 1, 1, 2), "every expert needs a slot"),
        ((8, 9, 1, 1, 2), "num_replicas=9 is not divisible by num_gpus=2"),
        ((8, 9, 1, 2, 3), "num_gpus=3 is not divisible by num_nodes=2"),
        ((8, 10, 3, 1, 2), "num_experts=8 is not divisible by num_groups=3"),
        ((8, 10, 1, 1, 0), "at least 1"),
    ],
)
def test_no_placement_exists(numbers, message):
    with pytest.raises(ValueError, match=message):
        Shape(*numbers)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"num_gpus": -1}, "num_gpus=-1, expected at least 0"),
        ({"interval_windows": 0}, "interval_windows=0, expected at least 1"),
        ({"num_replicas": 100, "num_gpus": 16}, "not divisible"),
        ({"num_replicas": 100, "num_experts": 128}, "every expert needs a slot"),
    ],
)
def test_parameters_that_fit_nothing(given, message):
    with pytest.raises(ValueError, match=message):
        PlacementParameters(**given)


def test_parameters_replace_the_models_numbers():
    problem = ProblemSpec("expert_placement", {"num_gpus": "16", "num_nodes": "2"}).load()
    assert {problem.given(w)["num_gpus"] for w in problem.workloads("search")} == {16}
    assert {problem.given(w)["num_replicas"] for w in problem.workloads("search")} == {288, 160}


def test_parameters_that_do_not_fit_the_models_are_a_usage_error():
    with pytest.raises(UsageError, match="num_replicas=160 is not divisible by num_gpus=48") as e:
        ExpertPlacement(PlacementParameters(num_gpus=48))
    assert "--param" in e.value.hint


def test_bad_parameters_on_the_command_line_are_usage_errors():
    for given in ({"num_gpu": "16"}, {"num_gpus": "many"}, {"num_gpus": "-4"}):
        with pytest.raises(UsageError):
            ProblemSpec("expert_placement", given).load()

"""Settings change what they say, and those that fit no deployment are not offered."""

from __future__ import annotations

import numpy as np
import pytest

from evaluators.errors import UsageError
from evaluators.identity import problem_digest
from evaluators.problems.expert_placement.problem import ExpertPlacement
from evaluators.problems.expert_placement.settings import SETTINGS
from evaluators.registry import ProblemSpec

AS_PUBLISHED = "b20cdce8068ac460039d3bdc914de06fe1ae92713c35d67dc44138ea8301e799"


def shapes(**parameters: str) -> list[list[int]]:
    """The deployments of selection: experts, slots, groups, nodes, GPUs."""
    problem = ProblemSpec("expert_placement", parameters).load()
    return np.unique([w.content["shape"] for w in problem.workloads("selection")], axis=0).tolist()


def loads(**parameters: str) -> list[np.ndarray]:
    problem = ProblemSpec("expert_placement", parameters).load()
    return [w.content["load"] for w in problem.workloads("search")]


def test_added_parameters_leave_the_problem_what_it_was() -> None:
    assert problem_digest(ExpertPlacement()) == AS_PUBLISHED


def test_all_fit_the_published_deployments() -> None:
    assert [v.name for v in ExpertPlacement().variations()] == [s.name for s in SETTINGS]


def test_what_does_not_fit_is_not_offered() -> None:
    own = ProblemSpec("expert_placement", {"num_gpus": "16", "num_nodes": "8"}).load()
    offered = [v.name for v in own.variations()]
    assert "one GPU lost" in offered
    assert "two GPUs lost" not in offered  # 252 slots for 256 experts
    tight = ProblemSpec("expert_placement", {"redundant_slots_per_gpu": "0"}).load()
    assert not any("lost" in v.name for v in tight.variations())


def test_a_lost_gpu_takes_its_slots_along() -> None:
    assert shapes(lost_gpus="1") == [[128, 150, 4, 1, 15], [256, 279, 8, 1, 31]]
    assert shapes(lost_gpus="2") == [[128, 140, 4, 2, 14], [256, 270, 8, 1, 30]]
    with pytest.raises(UsageError, match="every expert needs a slot"):
        ProblemSpec("expert_placement", {"lost_gpus": "8"}).load()


def test_redundant_slots_are_of_every_gpu() -> None:
    assert shapes(redundant_slots_per_gpu="0") == [[128, 128, 4, 2, 16], [256, 256, 8, 4, 32]]
    assert shapes(redundant_slots_per_gpu="4") == [[128, 192, 4, 2, 16], [256, 384, 8, 4, 32]]


def test_skew_and_traffic() -> None:
    def unevenness(load: list[np.ndarray]) -> float:
        return float(np.mean([x.max(axis=2).mean() / x.mean() for x in load]))

    assert unevenness(loads(skew="0.5")) < unevenness(loads()) < unevenness(loads(skew="1.5"))
    few, usual = loads(tokens_per_window="20000"), loads()
    assert sum(x.sum() for x in few) == pytest.approx(0.1 * sum(x.sum() for x in usual), rel=0.01)


@pytest.mark.parametrize("parameters", [{"lost_gpus": "-1"}, {"redundant_slots_per_gpu": "-2"},
                                        {"skew": "-1"}, {"tokens_per_window": "0"}])  # fmt: skip
def test_bad_numbers_are_refused(parameters: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="expected at least"):
        ProblemSpec("expert_placement", parameters).load()

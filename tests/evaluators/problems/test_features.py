"""Behaviour features of the problems that come with it: axes of a grid."""

import pytest

from evaluators.contract import Score
from evaluators.testing.golden import play_baselines
from tests.bench.light.light_scheduling import LightScheduling
from tests.bench.light.small_placement import SmallPlacement


@pytest.mark.parametrize("problem", [SmallPlacement(), LightScheduling()])
def test_baselines_lie_within_the_grid_and_not_in_one_place(problem):
    scores = [
        Score(
            {o.name: {w: m.values.get(o.name, o.worst) for w, m in played.items()}
             for o in problem.objectives},
            breakdown={w: m.breakdown for w, m in played.items()},
        )
        for played in play_baselines(problem, "search").values()
    ]  # fmt: skip
    for feature in problem.features:
        found = [feature.of(score) for score in scores]
        assert all(0.0 <= value <= 1.0 for value in found), feature.name
        assert len(set(found)) > 1, feature.name

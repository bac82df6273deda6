"""Volumes of sets of policies: those of their points, and gains that resample whole clusters."""

from __future__ import annotations

import numpy as np
import pytest

from evaluators.contract import Bound, Score
from evolve.volumes import Volumes
from tests.problems import PlantedProblem
from tests.problems.planted import Parameters


def flat(problem, cost, delay, noise=0.0, seed=0):
    """A score of a policy that comes to about this on every workload."""
    rng = np.random.default_rng(seed)
    ids = [w.id for w in problem.workloads("selection")]
    return Score(
        {
            name: {i: value + noise * float(rng.normal()) for i in ids}
            for name, value in (("cost", cost), ("delay", delay))
        }
    )


def test_a_volume_is_that_of_its_points():
    problem = PlantedProblem()
    volumes = Volumes(problem, "selection", problem.objectives)  # the box: from 2 to 0 in both
    low, high = flat(problem, 0.5, 1.5), flat(problem, 1.5, 0.5)
    assert volumes.volume([low]) == pytest.approx(0.75 * 0.25)
    assert volumes.volume([low, high]) == pytest.approx(2 * 0.75 * 0.25 - 0.25**2)
    assert volumes.volume([]) == 0.0


def test_a_set_gains_nothing_over_itself():
    problem = PlantedProblem()
    found = [flat(problem, 0.5, 1.5, noise=0.2), flat(problem, 1.5, 0.5, noise=0.2, seed=1)]
    gain = Volumes(problem, "selection", problem.objectives).gain(found, found[::-1])
    assert (gain.low, gain.estimate, gain.high) == (0.0, 0.0, 0.0)


def test_a_clear_gain_excludes_zero_and_few_clusters_give_no_interval():
    for clusters, is_shown in ((12, True), (5, False)):
        problem = PlantedProblem(Parameters(clusters=clusters))
        better = [flat(problem, 0.5, 0.5, noise=0.2)]
        worse = [flat(problem, 1.0, 1.0, noise=0.2, seed=1)]
        gain = Volumes(problem, "selection", problem.objectives).gain(better, worse)
        assert gain.estimate == pytest.approx(0.75**2 - 0.25, abs=0.2)
        assert gain.excludes_zero == is_shown


class Uneven(PlantedProblem):
    """Every workload has a limit of its own."""

    def __init__(self, limits):
        super().__init__(Parameters(clusters=len(limits)))
        self._bounds = {w.id: x for w, x in zip(self.workloads("selection"), limits, strict=True)}

    def limits(self, workload):
        return {o.name: Bound(self._bounds[workload.id], "bound", "") for o in self.objectives}

    def reaching(self, share):
        """The score of who comes as far from the reference to the limit of every workload."""
        values = {w: 2 + share * (limit - 2) for w, limit in self._bounds.items()}
        return Score({o.name: values for o in self.objectives})


def test_the_box_is_drawn_with_the_workloads():
    """What is half as good as can be on every workload is so whatever is drawn."""
    problem = Uneven(np.random.default_rng(0).uniform(-1, 1.9, 24))
    volumes = Volumes(problem, "selection", problem.objectives)
    gain = volumes.gain([problem.reaching(0.5)], [problem.reaching(0.2)])
    assert volumes.volume([problem.reaching(0.5)]) == pytest.approx(0.25)
    for number in (gain.low, gain.estimate, gain.high):
        assert number == pytest.approx(0.5**2 - 0.2**2)


def test_one_workload_with_a_box_gives_no_interval():
    """Drawn may be workloads alone whose limits are no better than the reference."""
    problem = Uneven([0.0, *[2.0] * 11])
    gain = Volumes(problem, "selection", problem.objectives).gain([problem.reaching(1.0)], [])
    assert gain.estimate == pytest.approx(1.0)
    assert gain.low is gain.high is None
    assert "not defined on" in gain.note


def test_draws_without_a_box_are_left_out():
    problem = Uneven([*[0.0] * 5, *[2.0] * 7])
    gain = Volumes(problem, "selection", problem.objectives).gain([problem.reaching(1.0)], [])
    assert gain.low == gain.high == pytest.approx(1.0)


def test_what_the_search_did_not_go_by_is_part_of_no_volume():
    problem = PlantedProblem()
    cost, _ = problem.objectives
    volumes = Volumes(problem, "selection", [cost])
    assert volumes.objectives == [cost]
    assert volumes.volume([flat(problem, 0.5, 2.0)]) == pytest.approx(0.75)

"""Volumes of sets of policies: those of their points, and gains that resample whole clusters."""

from __future__ import annotations

import numpy as np
import pytest

from evaluators.contract import Score
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
    volumes = Volumes(problem, "selection")  # the box: from 2 to 0 in both
    low, high = flat(problem, 0.5, 1.5), flat(problem, 1.5, 0.5)
    assert volumes.volume([low]) == pytest.approx(0.75 * 0.25)
    assert volumes.volume([low, high]) == pytest.approx(2 * 0.75 * 0.25 - 0.25**2)
    assert volumes.volume([]) == 0.0


def test_a_set_gains_nothing_over_itself():
    problem = PlantedProblem()
    found = [flat(problem, 0.5, 1.5, noise=0.2), flat(problem, 1.5, 0.5, noise=0.2, seed=1)]
    gain = Volumes(problem, "selection").gain(found, found[::-1])
    assert (gain.low, gain.estimate, gain.high) == (0.0, 0.0, 0.0)


def test_a_clear_gain_excludes_zero_and_few_clusters_give_no_interval():
    for clusters, is_shown in ((12, True), (5, False)):
        problem = PlantedProblem(Parameters(clusters=clusters))
        better = [flat(problem, 0.5, 0.5, noise=0.2)]
        worse = [flat(problem, 1.0, 1.0, noise=0.2, seed=1)]
        gain = Volumes(problem, "selection").gain(better, worse)
        assert gain.estimate == pytest.approx(0.75**2 - 0.25, abs=0.2)
        assert gain.excludes_zero == is_shown

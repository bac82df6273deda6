"""The generated loads are what their families say."""

from __future__ import annotations

import numpy as np
import pytest

from evaluators.contract import SPLITS
from evaluators.problems.expert_placement.problem import ExpertPlacement
from evaluators.problems.expert_placement.shape import PlacementParameters
from evaluators.problems.expert_placement.workloads import DRIFT_SD, FAMILIES, make_workloads

SIZE = (400, 2, 64)  # windows, layers, experts


def log_popularity(family):
    return FAMILIES[family](np.random.default_rng(7), SIZE)


def test_steady_popularity_does_not_change():
    assert (log_popularity("steady") == log_popularity("steady")[0]).all()


def test_drift_is_stationary_with_momentum():
    x = log_popularity("drifting")
    x = x - x.mean(axis=0)
    assert x.std() == pytest.approx(DRIFT_SD, rel=0.1)
    step = np.diff(x, axis=0)
    assert np.corrcoef(step[1:].ravel(), step[:-1].ravel())[0, 1] > 0.5  # it goes on as it went


def test_drift_starts_as_wide_as_it_stays():
    starts = [FAMILIES["drifting"](np.random.default_rng(s), (3, 1, 64)) for s in range(100)]
    spread = np.std([x[2] - x[0] for x in starts]), np.std([x[1] - x[0] for x in starts])
    assert spread[0] > 1.5 * spread[1]  # momentum from the first step on


def test_topics_stay_a_mixture_and_switch():
    share = np.exp(log_popularity("topics"))
    assert np.allclose(share.sum(axis=2), 1)
    change = np.abs(np.diff(share, axis=0)).sum(axis=(1, 2))
    assert change.max() > 10 * np.median(change)


def test_bursts_rise_at_once_and_cool_slowly():
    step = np.diff(log_popularity("bursts"), axis=0)
    assert step.max() > 0.9  # a burst is at least e times
    assert step.min() > -0.15
    assert 0.001 < (step > 0.5).mean() < 0.005


@pytest.mark.parametrize("split", SPLITS)
def test_loads_are_whole_tokens_of_the_right_shape(split):
    problem = ExpertPlacement()
    for w in problem.workloads(split):
        load = w.content["load"]
        assert (load == np.floor(load)).all()
        assert (load >= 0).all()
        assert not load.flags.writeable
        assert load.shape[2] == w.content["shape"][0]


def test_held_out_splits_have_full_models_and_enough_clusters():
    problem = ExpertPlacement()
    for split, least in (("selection", 8), ("sealed", 12)):
        workloads = problem.workloads(split)
        assert len({w.cluster for w in workloads}) == len(workloads) >= least
        assert {w.content["load"].shape[1:] for w in workloads} == {(58, 256), (48, 128)}


def test_workloads_are_drawn_once_per_process():
    assert make_workloads("tiny", PlacementParameters()) is make_workloads(
        "tiny", PlacementParameters()
    )

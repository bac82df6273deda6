"""What a placement comes to, as properties."""

from __future__ import annotations

import dataclasses
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.errors import InvalidAction
from evaluators.problems.model_placement.instance import LOAD_DENOMINATOR, Case
from evaluators.problems.model_placement.problem import ModelPlacement
from evaluators.problems.model_placement.simulator import (
    FULL_PRESSURE,
    measure,
    observation_of,
    pressure,
)
from tests.evaluators.problems.model_placement.cases import cases

TWO = Case(
    size_gb=np.array([10, 20, 30]),
    request_rate=np.array([2, 6, 5]),
    slo_s=np.array([4, 3, 5]),
    previous=np.array([0, 0, 1]),
    num_gpus=2,
    gpu_memory_gb=60,
)


def test_by_hand():
    """Loads 0.5, 2 and 1; 60 GB of 120 are free, so 3.5 / 60 is the balanced pressure."""
    kept = measure(TWO.previous, TWO)
    assert kept.values == {"max_pressure": pytest.approx(math.log(2.5 / 30 * 60 / 3.5)),
                           "moved_share": 0.0}  # fmt: skip
    moved = measure(np.array([1, 0, 1]), TWO)
    assert pressure(np.array([1, 0, 1]), TWO).tolist() == [2 / 40, 1.5 / 20]
    assert moved.values["moved_share"] == 10 / 60
    assert moved.breakdown == {"kvpr": 1.5 / 20, "moved_gb": 10.0, "moved_models": 1.0}


def test_a_full_gpu_is_allowed_and_charged():
    full = measure(np.array([0, 0, 0]), TWO)
    assert full.breakdown["kvpr"] == FULL_PRESSURE
    worst = ModelPlacement().objectives[0].worst
    assert full.values["max_pressure"] == pytest.approx(math.log(1e6 * 60 / 3.5))
    assert full.values["max_pressure"] < worst


def test_more_weights_than_memory_are_refused_by_name():
    small = dataclasses.replace(TWO, gpu_memory_gb=59)
    with pytest.raises(InvalidAction, match=r"GPU 0 is given 60 GB .*models \[0, 1, 2\].* 59 GB"):
        measure(np.array([0, 0, 0]), small)


@given(cases())
def test_loads_are_exact(case):
    for whole, rate, slo in zip(case.whole_load, case.request_rate, case.slo_s, strict=True):
        assert Fraction(int(whole), LOAD_DENOMINATOR) == Fraction(int(rate), int(slo))


@given(cases())
def test_no_placement_is_below_a_balanced_one(case):
    """The previous one stands for any."""
    values = measure(case.previous, case).values
    assert values["max_pressure"] >= -1e-12
    assert values["moved_share"] == 0.0


@given(cases(), st.integers(2, 9))
def test_pressure_is_relative_to_the_load(case, times):
    """More requests for all models change nothing."""
    busier = dataclasses.replace(case, request_rate=times * case.request_rate)
    one, other = (measure(case.previous, c).values for c in (case, busier))
    assert one["max_pressure"] == pytest.approx(other["max_pressure"], abs=1e-12)


@given(cases(), st.randoms(use_true_random=False))
def test_the_memory_and_load_of_all_gpus_is_that_of_all_models(case, random):
    gpu = case.previous.copy()
    gpu[random.randrange(case.num_models)] = random.randrange(case.num_gpus)
    try:
        by_gpu = pressure(gpu, case)
    except InvalidAction:
        return
    free_gb = case.gpu_memory_gb - np.bincount(gpu, case.size_gb, case.num_gpus)
    assert free_gb.sum() == case.free_gb
    if free_gb.min() > 0:
        assert (by_gpu * free_gb).sum() == pytest.approx(case.load.sum())


def test_what_is_shown_may_be_written_to():
    for name, value in observation_of(TWO).items():
        if isinstance(value, np.ndarray):
            value[...] = 0
            assert getattr(TWO, name).any()

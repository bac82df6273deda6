"""No placement beats the bound, and it is attained where it should be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.problems.expert_placement.bounds import balancedness_bound
from evaluators.problems.expert_placement.shape import Shape
from evaluators.problems.expert_placement.simulator import balancedness, gpu_loads
from tests.evaluators.problems.expert_placement.test_contract import every_placement

SHAPES = [Shape(2, 4, 1, 1, 2), Shape(3, 4, 1, 1, 2), Shape(3, 6, 1, 1, 3), Shape(4, 4, 1, 1, 2)]
EVERY = {shape: every_placement(shape) for shape in SHAPES}


@given(st.sampled_from(SHAPES), st.integers(0, 2**32 - 1))
def test_no_placement_beats_the_bound(shape, seed):
    load = np.random.default_rng(seed).gamma(0.3, 100, shape.num_experts)
    every = EVERY[shape]
    values = balancedness(gpu_loads(every, np.tile(load, (len(every), 1)), shape.num_gpus))
    assert values.max() <= balancedness_bound(load[None], shape)[0] + 1e-12


def test_one_hot_expert_binds_by_its_replicas():
    shape = Shape(3, 4, 1, 1, 4)  # one spare slot: the hot expert lies on two GPUs at most
    bound = balancedness_bound(np.array([[8.0, 1.0, 1.0]]), shape)[0]
    assert bound == pytest.approx((10 / 4) / (8 / 2))


def test_even_load_is_bound_by_the_mean_alone():
    assert balancedness_bound(np.ones((2, 8)), Shape(8, 8, 1, 1, 4)).tolist() == [1.0, 1.0]


def test_a_layer_without_load_is_bound_by_one():
    assert balancedness_bound(np.zeros((1, 4)), Shape(4, 4, 1, 1, 2)).tolist() == [1.0]

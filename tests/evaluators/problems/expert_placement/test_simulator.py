"""What a placement costs, as properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.errors import InvalidAction
from evaluators.problems.expert_placement.shape import Shape
from evaluators.problems.expert_placement.simulator import (
    EMPTY,
    balancedness,
    check_placement,
    gpu_loads,
    intervals,
    moved_slots,
    rebalancing_episode,
    replica_counts,
)


@st.composite
def cases(draw):
    """A shape, a valid placement, a load and a generator for more of them."""
    gpus, per_gpu = draw(st.integers(1, 5)), draw(st.integers(1, 4))
    slots = gpus * per_gpu
    experts = draw(st.integers(1, slots))
    layers = draw(st.integers(1, 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = Shape(experts, slots, 1, 1, gpus)
    return shape, placement(rng, shape, layers), rng.gamma(0.5, 100, (layers, experts)), rng


def placement(rng, shape, layers):
    spare = rng.integers(0, shape.num_experts, (layers, shape.num_replicas - shape.num_experts))
    base = np.tile(np.arange(shape.num_experts), (layers, 1))
    return rng.permuted(np.hstack([base, spare]), axis=1)


@given(cases())
def test_load_is_conserved(case):
    shape, chosen, load, _ = case
    assert np.allclose(gpu_loads(chosen, load, shape.num_gpus).sum(axis=1), load.sum(axis=1))


@given(cases())
def test_gpu_loads_agree_with_counting_slot_by_slot(case):
    shape, chosen, load, _ = case
    expected = np.zeros((len(chosen), shape.num_gpus))
    for layer, slots in enumerate(chosen):
        for slot, expert in enumerate(slots):
            share = load[layer, expert] / list(slots).count(expert)
            expected[layer, slot // shape.slots_per_gpu] += share
    assert np.allclose(gpu_loads(chosen, load, shape.num_gpus), expected)


@given(cases())
def test_balancedness_is_a_share_of_time(case):
    shape, chosen, load, _ = case
    value = balancedness(gpu_loads(chosen, load, shape.num_gpus))
    assert ((value >= 1 / shape.num_gpus - 1e-12) & (value <= 1 + 1e-12)).all()


def test_a_layer_without_load_is_balanced():
    assert balancedness(np.zeros((2, 4))).tolist() == [1.0, 1.0]


@given(cases())
def test_permuting_slots_within_a_gpu_moves_nothing(case):
    shape, chosen, _, rng = case
    by_gpu = chosen.reshape(-1, shape.slots_per_gpu)
    shuffled = rng.permuted(by_gpu, axis=1).reshape(chosen.shape)
    assert moved_slots(chosen, shuffled, shape) == 0


@given(cases())
def test_moves_are_counted_as_multiset_differences(case):
    shape, before, _, rng = case
    after = placement(rng, shape, len(before))
    expected = 0
    for old, new in zip(
        before.reshape(-1, shape.slots_per_gpu).tolist(),
        after.reshape(-1, shape.slots_per_gpu).tolist(),
        strict=True,
    ):
        for expert in new:
            if expert in old:
                old.remove(expert)
            else:
                expected += 1
    assert moved_slots(before, after, shape) == expected
    assert moved_slots(after, before, shape) == expected


def test_exchanging_two_gpus_moves_everything():
    shape = Shape(4, 4, 1, 1, 2)
    assert moved_slots(np.array([[0, 1, 2, 3]]), np.array([[2, 3, 0, 1]]), shape) == 4


def test_nothing_is_moved_onto_empty_slots():
    shape = Shape(2, 4, 1, 1, 2)
    assert moved_slots(np.full((1, 4), EMPTY), np.array([[0, 1, 0, 1]]), shape) == 0


def test_missing_experts_are_named():
    with pytest.raises(InvalidAction, match=r"layer 1: 2 experts have no slot \(0, 3\)"):
        check_placement(np.array([[0, 1, 2, 3], [1, 1, 2, 2]]), 4)


@pytest.mark.parametrize("slot", [-1, 4])
def test_experts_out_of_range_are_refused(slot):
    with pytest.raises(InvalidAction, match=r"expected 0\.\.3"):
        check_placement(np.array([[0, 1, 2, 3, slot]]), 4)


def test_replica_counts():
    assert replica_counts(np.array([[0, 0, 1], [1, 2, 1]]), 3).tolist() == [[2, 1, 0], [0, 2, 1]]


def test_intervals_follow_their_history_without_overlap():
    load = np.arange(10.0)[:, None, None]
    cut = [(h.ravel().tolist(), c.item()) for h, c in intervals(load, 4, 3)]
    assert cut == [([0, 1, 2, 3], 4 + 5 + 6), ([3, 4, 5, 6], 7 + 8 + 9)]


def test_a_policy_that_writes_into_its_arguments_changes_nothing():
    shape = Shape(2, 4, 1, 1, 2)
    load = np.random.default_rng(0).integers(1, 9, (9, 1, 2)).astype(float)

    def end(vandal):
        episode = rebalancing_episode(load.copy(), shape, 3, 2)
        observation = next(episode)
        seen = []
        try:
            for slots in ([0, 1, 0, 1], [0, 0, 1, 1], [1, 1, 0, 0]):
                action = {"placement": np.array([slots])}
                seen.append({k: v.tolist() for k, v in observation.items()})
                if vandal:
                    observation["load"][:] = 0
                    observation["previous"][:] = 7
                observation = episode.send(action)
                if vandal:
                    action["placement"][:] = 1
        except StopIteration as stop:
            return stop.value, seen
        raise AssertionError("the episode asks for more than three placements")

    assert end(vandal=True) == end(vandal=False)


def test_an_episode_by_hand():
    shape = Shape(2, 2, 1, 1, 2)
    load = np.array([[[9, 1]], [[3, 1]], [[1, 1]], [[1, 3]]], dtype=float)
    episode = rebalancing_episode(load, shape, 1, 1)
    first = next(episode)
    assert first["load"].tolist() == [[[9, 1]]]
    assert (first["previous"] == EMPTY).all()
    second = episode.send({"placement": np.array([[0, 1]])})
    assert second["load"].tolist() == [[[3, 1]]]
    assert second["previous"].tolist() == [[0, 1]]
    episode.send({"placement": np.array([[1, 0]])})  # both slots move
    with pytest.raises(StopIteration) as end:
        episode.send({"placement": np.array([[1, 0]])})
    # mean over maximum: (3 + 1) / 2 / 3, 1 and (1 + 3) / 2 / 3; moves of decisions 2 and 3: 1, 0
    assert end.value.value.values["balancedness"] == pytest.approx((2 / 3 + 1 + 2 / 3) / 3)
    assert end.value.value.values["moved_share"] == 0.5

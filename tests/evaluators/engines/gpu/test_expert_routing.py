"""Tokens are drawn by the load and dispatched by the placement."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.engines.gpu.expert_routing import dispatch, draw_experts, inclusion, reached


@st.composite
def cases(draw: st.DrawFn) -> tuple[np.ndarray, int, np.ndarray, int]:
    """A load, top_k, a placement with every expert in it, and a seed."""
    experts = draw(st.integers(2, 12))
    load = np.array(draw(st.lists(st.floats(0, 1e6), min_size=experts, max_size=experts)))
    load[draw(st.integers(0, experts - 1))] += 1
    extra = draw(st.lists(st.integers(0, experts - 1), max_size=6))
    placement = np.array(draw(st.permutations([*range(experts), *extra])), dtype=np.int64)
    return load, draw(st.integers(1, experts)), placement, draw(st.integers(0, 1000))


@given(cases())
def test_shares_add_up_to_top_k_and_keep_the_order_of_the_load(
    case: tuple[np.ndarray, int, np.ndarray, int],
) -> None:
    load, top_k, _, _ = case
    share = inclusion(load, top_k)
    assert share.sum() == pytest.approx(top_k)
    assert ((share >= 0) & (share <= 1 + 1e-9)).all()
    assert (np.diff(share[np.argsort(load)]) >= -1e-9).all()


@given(cases())
def test_no_token_goes_to_an_expert_twice(case: tuple[np.ndarray, int, np.ndarray, int]) -> None:
    load, top_k, _, seed = case
    experts = draw_experts(load, 300, top_k, np.random.default_rng(seed))
    assert experts.shape == (300, top_k)
    assert all(len(set(row)) == top_k for row in experts.tolist())


@given(cases())
def test_every_copy_goes_to_a_slot_of_its_expert_and_slots_share_evenly(
    case: tuple[np.ndarray, int, np.ndarray, int],
) -> None:
    load, top_k, placement, seed = case
    experts = draw_experts(load, 40, top_k, np.random.default_rng(seed))
    sent = dispatch(experts, placement)
    sizes = np.diff(sent.ends, prepend=0)
    assert sent.ends[-1] == experts.size
    slot_of_copy = np.repeat(np.arange(len(placement)), sizes)
    assert (experts[sent.tokens, sent.choices] == placement[slot_of_copy]).all()
    assert len(set(zip(sent.tokens.tolist(), sent.choices.tolist(), strict=True))) == experts.size
    for expert in range(len(load)):
        of_expert = sizes[placement == expert]
        assert of_expert.max() - of_expert.min() <= 1
        assert of_expert.sum() == (experts == expert).sum()


def test_shares_are_those_of_the_load() -> None:
    load = np.random.default_rng(0).gamma(1.0, size=64)
    experts = draw_experts(load, 100_000, 4, np.random.default_rng(1))
    found = np.bincount(experts.ravel(), minlength=64) / 100_000
    assert found == pytest.approx(inclusion(load, 4), abs=0.01)


def test_an_expert_that_is_wanted_by_more_tokens_than_there_are_gets_each_once() -> None:
    assert inclusion(np.array([98.0, 1.0, 1.0]), 2).tolist() == pytest.approx([1, 0.5, 0.5])


def test_the_slots_of_a_rank_are_cut_out_with_ends_of_their_own() -> None:
    sent = dispatch(np.array([[0], [1], [1], [0], [1]]), np.array([1, 0, 1, 0]))
    copies, ends = sent.slots(2, 4)
    assert sent.tokens[copies].tolist() == [2, 3]
    assert ends.tolist() == [1, 2]
    copies, ends = sent.slots(0, 2)
    assert sent.tokens[copies].tolist() == [1, 4, 0]
    assert ends.tolist() == [2, 3]


def test_a_token_reaches_each_gpu_that_has_a_slot_for_it() -> None:
    experts = np.array([[0, 1], [0, 2], [2, 3]])
    sent = dispatch(experts, np.array([0, 1, 2, 3]))
    assert reached(sent, 3, 2).tolist() == [[True, False], [True, True], [False, True]]

"""The lazily kept decode batch and the closed form of its stretches."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.engines.decoding import DecodeBatch, iterations_to_last, stretch_s

SECONDS = st.floats(1e-6, 1e3, allow_nan=False)


@given(SECONDS, st.floats(1e-4, 1.0), st.one_of(st.just(0.0), st.floats(1e-9, 1e-2)))
def test_the_count_is_the_fewest_that_last_long_enough(
    duration_s: float, first_s: float, growth_s: float
) -> None:
    count = iterations_to_last(duration_s, first_s, growth_s)
    assert stretch_s(count, first_s, growth_s) >= duration_s
    assert count == 1 or stretch_s(count - 1, first_s, growth_s) < duration_s


def test_a_stretch_is_the_sum_of_its_iterations() -> None:
    assert stretch_s(5, 2.0, 0.25) == sum(2.0 + 0.25 * i for i in range(5))


@given(st.lists(st.tuples(st.integers(1, 50), st.integers(1, 9)), min_size=1, max_size=12))
def test_it_counts_as_if_every_request_were_kept_by_itself(
    joined: list[tuple[int, int]],
) -> None:
    batch, kv, left = DecodeBatch(), {}, {}
    for request, (kv_tokens, tokens_left) in enumerate(joined):
        batch.join(request, kv_tokens, tokens_left)
        kv[request], left[request] = kv_tokens, tokens_left
    while batch.size:
        count = batch.iterations_to_finish()
        assert count == min(left.values())
        batch.advance(count)
        kv = {r: v + count for r, v in kv.items()}
        left = {r: v - count for r, v in left.items()}
        assert batch.kv_tokens == sum(kv.values())
        done = batch.finished()
        assert sorted(done) == sorted(r for r, v in left.items() if v == 0)
        for request in done:
            assert batch.leave(request) == (kv.pop(request), left.pop(request))
    assert batch.kv_tokens == 0


def test_a_request_that_left_and_came_back_is_finished_once() -> None:
    batch = DecodeBatch()
    batch.join(7, 10, 5)
    batch.advance(1)
    assert batch.leave(7) == (11, 4)
    batch.join(7, 12, 4)  # due at the same iteration as before
    batch.advance(batch.iterations_to_finish())
    assert batch.finished() == [7]


def test_an_unknown_request_cannot_leave() -> None:
    with pytest.raises(KeyError):
        DecodeBatch().leave(0)

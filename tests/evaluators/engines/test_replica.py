"""A replica is the serving engine under a fixed rule; time and tokens are conserved."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.engines.prefix_cache import BLOCK_TOKENS, PrefixCache
from evaluators.engines.replica import Replica
from evaluators.engines.roster import Served
from evaluators.engines.serving import PREEMPTIONS, ServingEngine
from tests.evaluators.engines.drivers import engine_with, plan_of, requests_of

CHUNK = 300
NO_CACHE = 0


@st.composite
def arrivals(draw):
    """(arrival_s, prompt, output), sorted by arrival; some at the same time."""
    count = draw(st.integers(1, 25))
    gaps = draw(st.lists(st.sampled_from([0.0, 0.003, 0.05, 0.7]), min_size=count, max_size=count))
    prompt = draw(st.lists(st.integers(1, 900), min_size=count, max_size=count))
    output = draw(st.lists(st.integers(1, 60), min_size=count, max_size=count))
    return np.cumsum(gaps).tolist(), prompt, output


def replica_of(prompt, output, blocks=None, kv_tokens=1000, cache_blocks=NO_CACHE):
    served = Served(prompt, output, blocks or [[] for _ in prompt])
    return Replica(engine_with(kv_tokens), CHUNK, PrefixCache(cache_blocks), served), served


def play(replica, arrival_s):
    for request, at_s in enumerate(arrival_s):
        replica.advance(at_s)
        assert replica.now_s <= at_s or not request
        replica.submit(request, at_s)
    replica.advance(math.inf)


@given(arrivals(), st.sampled_from([1000, 1400, 10_000]))
def test_without_a_cache_it_is_the_serving_engine(drawn, kv_tokens):
    arrival_s, prompt, output = drawn
    replica, served = replica_of(prompt, output, kv_tokens=kv_tokens)
    play(replica, arrival_s)
    engine = ServingEngine(engine_with(kv_tokens), requests_of(*drawn), math.inf)
    while engine.run():
        engine.apply(plan_of(engine, prefill_tokens_per_iteration=CHUNK, decode_first=True))
    assert served.first_token_s == pytest.approx(engine.first_token_s, abs=1e-9)
    assert served.finish_s == pytest.approx(engine.finish_s, abs=1e-9)
    assert replica.preemptions == engine.progress[PREEMPTIONS].sum()


@given(arrivals(), st.lists(st.floats(0, 3), max_size=20))
def test_looking_at_it_changes_nothing(drawn, looks_s):
    arrival_s, prompt, output = drawn
    plain, expected = replica_of(prompt, output)
    play(plain, arrival_s)
    watched, served = replica_of(prompt, output)
    for at_s, request in sorted([*zip(arrival_s, range(len(prompt)), strict=True),
                                 *((t, math.inf) for t in looks_s)]):  # fmt: skip
        watched.advance(at_s)
        assert watched.kv_free_tokens >= 0
        if request < math.inf:
            watched.submit(int(request), at_s)
    watched.advance(math.inf)
    assert served.finish_s == pytest.approx(expected.finish_s, abs=1e-9)


def test_who_was_held_back_elsewhere_has_its_place_by_when_it_came():
    """Two that do not fit together: the first to be handed over is served first, and after it was
    preempted, too."""
    replica, served = replica_of([600, 600], [5, 5])
    replica.submit(1, 0.0)
    replica.submit(0, 0.0)
    replica.advance(math.inf)
    assert served.first_token_s[1] < served.finish_s[1] < served.first_token_s[0]
    crowded, served = replica_of([300, 300], [400, 400])
    crowded.submit(1, 0.0)
    crowded.submit(0, 0.0)
    crowded.advance(math.inf)
    assert crowded.preemptions
    assert served.finish_s[1] < served.finish_s[0]


def test_a_prompt_begins_after_the_blocks_that_are_there():
    tokens = 4 * BLOCK_TOKENS
    replica, served = replica_of([tokens] * 3, [1] * 3, [[1, 2, 3, 4], [1, 2, 3, 5], [1, 2, 3, 4]],
                                 kv_tokens=10_000, cache_blocks=10)  # fmt: skip
    play(replica, [0.0, 10.0, 20.0])
    assert served.computed_tokens == [tokens, BLOCK_TOKENS, 1]  # the last token always is computed
    cost = replica.cost
    done, last = 3 * BLOCK_TOKENS, BLOCK_TOKENS - CHUNK
    pairs = CHUNK * (done + CHUNK / 2) + last * (done + CHUNK + last / 2)
    expected_s = 2 * (cost.iteration_s + cost.sequence_s) + cost.token_s * BLOCK_TOKENS
    assert served.first_token_s[1] - 10.0 == pytest.approx(expected_s + cost.pair_s * pairs)


def test_what_was_used_last_is_kept():
    cache = PrefixCache(3)
    cache.keep([1, 2])
    cache.keep([1, 3])
    assert cache.matched([1, 2]) == 2
    cache.keep([1, 4])  # 2 is the oldest
    assert cache.matched([1, 2]) == 1
    assert cache.matched([1, 3]) == 2
    cache.keep([5, 6, 7, 8])  # of one prompt the last block goes first
    assert cache.matched([5, 6, 7, 8]) == 3


def test_a_failure_loses_all_but_what_was_said():
    replica, served = replica_of([100, 100, 100], [50, 50, 50], [[1], [2], [3]], cache_blocks=9)
    for request in range(3):
        replica.submit(request, 0.0)
    replica.advance(0.05)
    said = [t for t in served.first_token_s if t < math.inf]
    assert replica.fail(0.1) == [0, 1, 2]
    assert said
    assert len(replica.cache) == replica.num_running == replica.num_waiting == 0
    assert all(0 < g < 50 for g in served.generated)
    for request in range(3):
        replica.submit(request, 1.0)
    replica.advance(math.inf)
    assert served.generated == [50, 50, 50]
    assert max(served.first_token_s) <= 0.1  # said once
    assert min(served.finish_s) > 1.0

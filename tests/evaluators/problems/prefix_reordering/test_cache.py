"""The radix tree is the cache that its definition says, character by character."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators.problems.prefix_reordering.cache import PrefixCache, hits_served
from tests.conftest import EXAMPLES, SOAK_FACTOR
from tests.evaluators.problems.prefix_reordering.cases import (
    PROMPTS,
    hits_by_single_characters,
    hits_by_trie,
)

CAPACITIES = st.integers(1, 30)
IN_FLIGHT = st.integers(1, 4)


@settings(max_examples=10 * EXAMPLES * SOAK_FACTOR)
@given(PROMPTS, IN_FLIGHT, CAPACITIES)
def test_hits_are_those_of_single_characters(prompts, in_flight, capacity):
    expected = hits_by_single_characters(prompts, in_flight, capacity)
    assert hits_served(prompts, in_flight, capacity) == expected


@given(PROMPTS)
def test_with_room_for_all_and_one_in_flight_it_is_the_unbounded_cache(prompts):
    room = 1 + sum(map(len, prompts))
    assert hits_served(prompts, 1, room) == hits_by_trie(prompts)


@given(PROMPTS)
def test_sorted_prompts_need_no_more_room_than_the_longest(prompts):
    room = max(1, *map(len, ["", "", *prompts]))
    assert hits_served(sorted(prompts), 1, room) == hits_by_trie(prompts)


@given(PROMPTS, CAPACITIES)
def test_no_more_is_held_than_there_is_room(prompts, capacity):
    cache = PrefixCache(capacity)
    for prompt in prompts:
        cache.add(prompt)
        assert cache.num_chars <= capacity
        assert cache.hit(prompt) == min(len(prompt), capacity)


@given(PROMPTS, IN_FLIGHT, CAPACITIES)
def test_never_more_than_the_unbounded_cache(prompts, in_flight, capacity):
    assert hits_served(prompts, in_flight, capacity) <= hits_by_trie(prompts)


def test_the_least_recently_used_leave_first_and_the_last_characters_of_them():
    cache = PrefixCache(5)
    for prompt in ("abc", "xyz", "abd"):  # two too many: c, which was not used again, and then z
        cache.add(prompt)
    assert [cache.hit(prompt) for prompt in ("xyz", "abc", "abd")] == [2, 2, 3]


def test_a_hit_counts_as_use():
    cache = PrefixCache(4)
    cache.add("ab")
    cache.add("xy")
    cache.hit("ab")
    cache.add("uv")
    assert [cache.hit(prompt) for prompt in ("ab", "uv", "xy")] == [2, 2, 0]


def test_prompts_in_flight_do_not_help_each_other():
    assert hits_served(["same"] * 6, in_flight=1, capacity=9) == 5 * 4
    assert hits_served(["same"] * 6, in_flight=4, capacity=9) == 2 * 4
    assert hits_served(["same"] * 6, in_flight=6, capacity=9) == 0

"""What a router may do and see, and that nothing is lost on the way."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators.engines.prefix_cache import BLOCK_TOKENS, PrefixCache
from evaluators.engines.replica import Replica
from evaluators.engines.roster import Served
from evaluators.errors import InvalidAction
from evaluators.problems.request_routing.instance import (
    CHUNK_TOKENS,
    Outage,
    content_of,
    instance_of,
)
from evaluators.problems.request_routing.simulator import HOLD_S, MOST_HOLDS
from tests.evaluators.problems.request_routing.cases import (
    A100,
    H100,
    at_random,
    instance_with,
    instances,
    play,
)

SHARED = [[0, 1, 2, 3], [0, 1, 2, 4], [0, 1, 2, 5], [0, 1, 2, 6]]


@settings(deadline=None)
@given(instances(), st.integers(0, 9))
def test_every_request_is_served_whatever_a_router_does(instance, seed):
    measured, seen = play(instance, at_random(np.random.default_rng(seed)))
    values = measured.values
    assert 0 <= values["goodput"] <= 1
    assert values["recomputed"] >= 0
    assert values["imbalance"] >= 0
    assert len(seen) >= len(instance.arrival_s)
    assert all(s["waited_s"] >= 0 for s in seen)


@settings(deadline=None)
@given(instances(), st.integers(0, 9))
def test_what_is_seen_depends_on_nothing_that_comes_later(instance, seed):
    _, seen = play(instance, at_random(np.random.default_rng(seed)))
    half = len(instance.arrival_s) // 2 + 1
    after = np.arange(len(instance.arrival_s)) >= half
    other = dataclasses.replace(
        instance,
        arrival_s=np.where(after, instance.arrival_s + 100.0, instance.arrival_s),
        prompt_tokens=np.where(after, 1, instance.prompt_tokens),
        blocks=tuple(
            (7,) if late else own for late, own in zip(after, instance.blocks, strict=True)
        ),
    )
    _, again = play(other, at_random(np.random.default_rng(seed)))
    until_s = min(instance.arrival_s[after], default=math.inf)
    first = [repr(s) for s in seen if s["now_s"] < until_s]
    assert first == [repr(s) for s in again][: len(first)]


@given(instances())
def test_content_holds_all_of_an_instance(instance):
    plain = dataclasses.replace(
        instance, engines=(A100, H100), arrival_s=instance.arrival_s.astype(float)
    )
    again = instance_of(content_of(plain))
    assert repr(again) == repr(plain)


def test_all_to_one_replica_is_that_replica_alone():
    instance = instance_with([*SHARED, [0, 8, 9], [0, 8, 9, 10]])
    measured, _ = play(instance, lambda _: 1)
    served = Served(
        instance.prompt_tokens.tolist(), instance.output_tokens.tolist(), instance.blocks
    )
    alone = Replica(A100, CHUNK_TOKENS, PrefixCache(64), served)
    for request, at_s in enumerate(instance.arrival_s.tolist()):
        alone.advance(at_s)
        alone.submit(request, at_s)
    alone.advance(math.inf)
    ttft_s = np.array(served.first_token_s) - instance.arrival_s
    assert measured.breakdown["mean_ttft_s"] == pytest.approx(ttft_s.mean())
    assert measured.values["recomputed"] == 0
    assert measured.values["imbalance"] == 1  # one of two has all


def test_what_another_replica_has_is_computed_again():
    measured, seen = play(instance_with(SHARED), lambda s: int(s["now_s"]) % 2)
    matched = [s["replicas"]["matched_tokens"].tolist() for s in seen]
    three = 3 * BLOCK_TOKENS
    assert matched == [[0, 0], [three, 0], [three, three], [three, three]]
    assert measured.values["recomputed"] == pytest.approx(three / (4 * 3.5 * BLOCK_TOKENS))


def test_loads_are_those_of_the_last_report():
    instance = instance_with([range(40 * i, 40 * i + 40) for i in range(6)], report_s=2.5)
    _, seen = play(instance, lambda _: 0)
    assert [s["report_age_s"] for s in seen] == pytest.approx([0, 1, 2, 0.5, 1.5, 0])
    counts = [int((s["replicas"]["num_waiting"] + s["replicas"]["num_running"])[0]) for s in seen]
    assert counts[0] == counts[1] == counts[2] == 0
    assert counts[3] == counts[4] > 0
    for s in seen:
        assert s["replicas"]["num_running"][1] == 0


def test_a_held_request_comes_up_again():
    instance = instance_with(SHARED[:1])
    measured, seen = play(instance, lambda s: -1 if s["holds_left"] else 0)
    assert len(seen) == MOST_HOLDS + 1
    assert [s["waited_s"] for s in seen] == [HOLD_S * i for i in range(MOST_HOLDS + 1)]
    assert measured.values["goodput"] == 0  # held longer than was promised


def test_a_failure_sends_all_back_and_empties_the_cache():
    prompts = [range(40), [*range(39), 99], [*range(39), 98]]
    instance = instance_with(prompts, outages=(Outage(0, 1.1, 1.9),), output_tokens=np.full(3, 400))
    asked = []

    def choose(seen):
        asked.append((seen["now_s"], seen["replicas"]["is_up"].tolist()))
        return 0 if seen["replicas"]["is_up"][0] else 1

    measured, seen = play(instance, choose)
    both, one = [True, True], [False, True]
    assert asked == [(0, both), (1, both), (1.1, one), (1.1, one), (2, both)]
    assert seen[-1]["replicas"]["matched_tokens"][0] == 0
    assert measured.values["recomputed"] > 0.3


@pytest.mark.parametrize(
    ("replica", "message"), [(2, "there are 2"), (15, "there are 2"), (0, "down"), (-1, "hold")]
)
def test_what_cannot_be_is_refused(replica, message):
    instance = instance_with(SHARED, outages=(Outage(0, 0.0, 9.0),))
    with pytest.raises(InvalidAction, match=message):
        play(instance, lambda _: replica)


def test_policies_get_copies():
    instance = instance_with(SHARED)

    def spoil(seen):
        seen["blocks"][:] = 1
        for array in seen["replicas"].values():
            array[:] = 1
        return int(seen["now_s"]) % 2

    spoilt, _ = play(instance, spoil)
    assert spoilt == play(instance, lambda s: int(s["now_s"]) % 2)[0]

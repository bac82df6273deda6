"""Limits hold against every way to route, and are attained where they can be."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import given, settings

from evaluators.problems.request_routing.bounds import limits, most_in_time, own_tokens
from evaluators.problems.request_routing.references import pooled
from tests.evaluators.problems.request_routing.cases import (
    A100,
    H100,
    instance_with,
    instances,
    play,
)


def every_outcome(instance):
    """All assignments of requests to replicas; where one is down, the next that is up."""
    replicas, count = len(instance.engines), len(instance.arrival_s)
    for assigned in itertools.product(range(replicas), repeat=count):

        def choose(seen, assigned=assigned):
            request = instance.blocks.index(tuple(seen["blocks"].tolist()))
            up = np.flatnonzero(seen["replicas"]["is_up"])
            return int(up[assigned[request] % len(up)])

        yield play(instance, choose)[0].values


@settings(deadline=None, max_examples=60)
@given(instances(most_requests=5))
def test_no_assignment_beats_a_limit(instance):
    bounds = limits(instance)
    for values in every_outcome(instance):
        assert values["goodput"] <= bounds["goodput"].value + 1e-12
        assert values["recomputed"] >= bounds["recomputed"].value
        assert values["imbalance"] >= bounds["imbalance"].value


def test_goodput_is_attained_where_prompts_are_all_there_is():
    """Four equal prompts at once, time for one per engine: two of them."""
    prompts = [range(100 * i, 100 * i + 40) for i in range(4)]
    alone_s = A100.prefill_s(39 * 512 + 256, 2048)
    instance = instance_with(
        prompts, arrival_s=np.zeros(4), output_tokens=np.ones(4, int),
        ttft_slo_s=np.full(4, 1.2 * alone_s),
    )  # fmt: skip
    assert most_in_time(instance) == 0.5
    assert max(v["goodput"] for v in every_outcome(instance)) == 0.5


def test_a_faster_engine_counts_as_much_as_it_can_do():
    prompts = [range(100 * i, 100 * i + 40) for i in range(4)]
    alone_s = A100.prefill_s(39 * 512 + 256, 2048)
    mixed = instance_with(
        prompts, engines=(A100, H100), arrival_s=np.zeros(4), ttft_slo_s=np.full(4, 1.2 * alone_s)
    )
    assert most_in_time(mixed) == 1.0  # 3.2 times as fast: three and one
    assert max(v["goodput"] for v in every_outcome(mixed)) >= 0.75


def test_what_another_has_in_time_is_not_claimed():
    instance = instance_with([[0, 1, 2], [0, 1, 3], [0, 4, 5]], ttft_slo_s=np.array([0.5, 1, 1]))
    half = 256
    # the first is due before the others come; the second shares two blocks, the third one
    assert own_tokens(instance).tolist() == [512 * 3 - half, 512 - half, 1024 - half]


@settings(deadline=None)
@given(instances())
def test_the_pooled_engine_computes_again_only_what_was_under_way(instance):
    """It may keep more promises than the limit: it is faster for one prompt than any engine."""
    at_leisure = dataclasses.replace(
        instance, arrival_s=30.0 * np.arange(len(instance.arrival_s)), warmup=0, outages=()
    )
    values = pooled(at_leisure).values
    assert values["recomputed"] == pytest.approx(0, abs=1e-2)  # the last token always is
    assert values["imbalance"] == 0
    assert values["goodput"] >= play(at_leisure, lambda _: 0)[0].values["goodput"]

"""The limits hold against every policy tried, and say something where something can be said."""

from __future__ import annotations

import dataclasses
from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.engines.cost_model import CostModel
from evaluators.engines.deadlines import Due, fewest_late
from evaluators.engines.serving import Rules
from evaluators.problems.request_scheduling.bounds import (
    claims_s,
    limits,
    most_in_time,
)
from evaluators.problems.request_scheduling.simulator import Instance, serve_privileged
from tests.evaluators.engines.drivers import random_policy, rules
from tests.evaluators.problems.request_scheduling.cases import (
    ByPriority,
    engine_with,
    instance_with,
    instances,
)

SLACK = 1e-9


def assert_not_beaten(instance: Instance, values: dict[str, float]) -> None:
    known = {name: bound.value for name, bound in limits(instance).items()}
    assert values["goodput"] <= known["goodput"] + SLACK
    assert values["log_norm_latency"] >= known["log_norm_latency"] - SLACK
    assert values["fairness"] <= known["fairness"] + SLACK


@given(instances(), st.integers(0, 2**32), rules())
def test_no_random_policy_beats_a_limit(instance: Instance, seed: int, rules: Rules) -> None:
    instance = dataclasses.replace(instance, rules=rules)
    measured = serve_privileged(instance, random_policy(seed))
    assert_not_beaten(instance, dict(measured.values))


@given(instances(most=4))
def test_no_order_of_priorities_beats_a_limit(instance: Instance) -> None:
    count = instance.requests.arrival_s.size
    for priority, budget, decode_first, most_running in product(
        permutations(range(count)), (300, 8192), (True, False), (1, count)
    ):
        decide = ByPriority(priority, budget, decode_first, most_running)
        assert_not_beaten(instance, dict(serve_privileged(instance, decide).values))


def test_the_latency_limit_holds_where_a_warm_up_request_put_off_is_charged_less_than_others() -> (
    None
):
    """A long output is cheap per token, even at twice the horizon."""
    instance = instance_with([0.0, 0.0], [1, 16_000], [1000, 1], warmup=1, ttft_slo_s=1e-3)
    dropping = serve_privileged(instance, ByPriority((1, 0), 16_384, True, 1))
    assert dropping.values["log_norm_latency"] < np.log(instance.alone_s[1])
    assert_not_beaten(instance, dict(dropping.values))


def one_second_prefills() -> CostModel:
    """A thousand prompt tokens per second and next to no cost per iteration."""
    return CostModel("slow", 1e-6, 1e-3, 0.0, 0.0, 0.0, kv_capacity_tokens=100_000)


@pytest.mark.parametrize(("ttft_slo_s", "kept"), [(0.9, 0), (1.5, 1), (2.5, 2), (9.0, 4)])
def test_the_goodput_limit_is_attained_when_prefills_are_all_there_is(
    ttft_slo_s: float, kept: int
) -> None:
    instance = instance_with(
        [0.0] * 4, [1000] * 4, [1] * 4, ttft_slo_s=ttft_slo_s, cost=one_second_prefills()
    )
    best = max(
        serve_privileged(instance, ByPriority(priority, 8192, True, 1)).values["goodput"]
        for priority in permutations(range(4))
    )
    assert most_in_time(instance) == best == kept / 4


def test_bursts_far_apart_lose_requests_each() -> None:
    cost = one_second_prefills()
    burst = instance_with([0.0] * 4, [1000] * 4, [1] * 4, ttft_slo_s=2.5, cost=cost)
    both = instance_with([0.0] * 4 + [100.0] * 4, [1000] * 8, [1] * 8, ttft_slo_s=2.5, cost=cost)
    assert most_in_time(both) == most_in_time(burst) == 0.5


def test_memory_limits_what_can_decode_together() -> None:
    """Ten requests that fill the memory one at a time, each with promises for one at a time."""
    cost = engine_with(1100)
    roomy = dataclasses.replace(cost, kv_capacity_tokens=100_000)
    alone_s = cost.decode_s(1000, 99)

    def share(engine: CostModel) -> float:
        return most_in_time(
            instance_with([0.0] * 10, [1000] * 10, [100] * 10, ttft_slo_s=alone_s,
                          tpot_slo_s=2 * alone_s / 99, cost=engine)
        )  # fmt: skip

    assert share(cost) < share(roomy) == 1.0


@given(
    st.lists(st.tuples(st.integers(1, 6), st.integers(1, 15)), min_size=1, max_size=7),
    st.integers(0, 3),
)
def test_fewest_late_equals_a_search_over_all_subsets(
    jobs: list[tuple[int, int]], start_s: int
) -> None:
    jobs = sorted(jobs, key=lambda j: j[1])

    def fits(chosen: tuple[bool, ...]) -> bool:
        done = start_s
        for (work, deadline), is_in in zip(jobs, chosen, strict=True):
            done += work * is_in
            if is_in and done > deadline:
                return False
        return True

    most = max(sum(c) for c in product((False, True), repeat=len(jobs)) if fits(c))
    work, deadline = np.array(jobs, dtype=float).T
    assert fewest_late(Due(np.full(len(jobs), float(start_s)), work, deadline)) == len(jobs) - most


@given(instances(), st.integers(0, 2**32), st.booleans())
def test_claims_are_never_more_than_the_time_that_serving_took(
    instance: Instance, seed: int, reserve: bool
) -> None:
    instance = dataclasses.replace(instance, rules=Rules(reserve_full_prompt=reserve))
    engine = instance.engine(np.array([]))
    decide, busy_s = random_policy(seed), 0.0
    while engine.run():
        engine.apply(decide(engine))
    done = np.isfinite(engine.finish_s)
    if done.any():
        busy_s = engine.finish_s[done].max() - instance.requests.arrival_s[0]
    for prefill_s, decode_s in claims_s(instance):
        assert (prefill_s + decode_s)[done].sum() <= busy_s + SLACK

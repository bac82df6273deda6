"""What is made of an episode's times."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.engines.serving import Plan, ServingEngine
from evaluators.problems.request_scheduling.measurement import (
    arrived_service,
    fair_levels,
    fairness,
    window_edges_s,
)
from evaluators.problems.request_scheduling.simulator import Instance, serve_privileged
from tests.evaluators.engines.drivers import plan_of
from tests.evaluators.problems.request_scheduling.cases import ByPriority, instance_with


def nothing(engine: ServingEngine) -> Plan:
    return plan_of(engine, admit=0)


def two_alike(**promises: float) -> Instance:
    return instance_with([0.0, 5.0], [500, 500], [50, 50], **promises)  # type: ignore[arg-type]


def test_values_of_requests_served_alone_are_their_own_times() -> None:
    instance = two_alike()
    measured = serve_privileged(instance, plan_of)
    assert measured.values["goodput"] == 1.0
    assert measured.values["log_norm_latency"] == pytest.approx(
        math.log(instance.alone_s[0] / 50), rel=1e-12
    )


@pytest.mark.parametrize(
    ("promise", "kept"),
    [({"ttft_slo_s": 0.015}, "ttft_kept"), ({"tpot_slo_s": 0.005}, "tpot_kept")],
)
def test_a_request_counts_only_when_both_promises_are_kept(
    promise: dict[str, float], kept: str
) -> None:
    measured = serve_privileged(two_alike(**promise), plan_of)
    assert measured.values["goodput"] == 0.0
    others = {"ttft_kept", "tpot_kept"} - {kept}
    assert measured.breakdown[kept] == 0.0
    assert all(measured.breakdown[k] == 1.0 for k in others)


def test_dropping_is_never_free() -> None:
    instance = instance_with(
        [0.1 * i for i in range(6)], [2000] * 6, [20] * 6, ttft_slo_s=0.1, tenant=[0, 1] * 3
    )
    served = serve_privileged(instance, plan_of).values
    dropped = serve_privileged(instance, nothing)
    assert dropped.breakdown["unfinished"] == 6
    assert dropped.values["goodput"] == 0.0
    assert dropped.values["fairness"] == 0.0
    assert dropped.values["log_norm_latency"] > served["log_norm_latency"] + 1
    assert dropped.breakdown["mean_latency_s"] == pytest.approx(2 * instance.horizon_s - 0.25)


def test_warm_up_requests_are_served_but_not_scored() -> None:
    late = instance_with([0.0, 0.0, 50.0], [8000, 8000, 10], [5, 5, 5], ttft_slo_s=0.05)
    scored = instance_with([0.0, 0.0, 50.0], [8000, 8000, 10], [5, 5, 5], ttft_slo_s=0.05, warmup=2)
    assert serve_privileged(late, plan_of).values["goodput"] == pytest.approx(1 / 3)
    assert serve_privileged(scored, plan_of).values["goodput"] == 1.0


def holding_back(first: int, until_s: float) -> Callable[[ServingEngine], Plan]:
    """First come first served behind the others for the first requests, none before `until_s`."""

    def decide(engine: ServingEngine) -> Plan:
        held = np.array(engine.waiting) < first
        admit = held.size if engine.now_s >= until_s else np.count_nonzero(~held)
        return plan_of(engine, waiting_order=np.argsort(held, kind="stable"), admit=admit)

    return decide


@pytest.mark.parametrize("until_s", [2.5, math.inf], ids=["put off to the end", "dropped"])
def test_warm_up_requests_that_are_put_off_count_as_scored_ones_that_never_finish(
    until_s: float,
) -> None:
    arrival_s = [0.5 * i for i in range(6)]
    instance = instance_with(arrival_s, [2000] * 6, [20] * 6, ttft_slo_s=0.2)
    warm = replace(instance, promises=replace(instance.promises, warmup=2))
    put_off = serve_privileged(warm, holding_back(2, until_s)).values
    dropped = serve_privileged(instance, holding_back(2, math.inf)).values
    assert put_off["goodput"] == dropped["goodput"] == 4 / 6
    assert put_off["log_norm_latency"] >= dropped["log_norm_latency"]


def test_a_long_warm_up_request_that_was_served_as_promised_was_not_put_off() -> None:
    instance = instance_with([0.0, 1.0, 2.0], [100, 100, 100], [2000, 5, 5], warmup=1)
    alone = instance_with([1.0, 2.0], [100, 100], [5, 5])
    measured = serve_privileged(instance, plan_of)
    assert instance.alone_s[0] > 2.0  # past the last arrival
    assert measured.values["goodput"] == serve_privileged(alone, plan_of).values["goodput"] == 1.0
    assert measured.values["log_norm_latency"] < math.log(2 * instance.horizon_s / 2000)
    impatient = instance_with([0.0, 1.0, 2.0], [100] * 3, [2000, 5, 5], warmup=1, tpot_slo_s=1e-4)
    assert serve_privileged(impatient, plan_of).breakdown["tpot_kept"] == 0


def test_windows_hold_a_hundred_arrivals_on_average() -> None:
    edges_s = window_edges_s(np.linspace(0, 100, 1001), warmup=201)
    assert edges_s.tolist() == pytest.approx(np.linspace(20.1, 100, 9).tolist())


def test_arrived_service_weighs_outputs_double() -> None:
    instance = instance_with([0.0, 1.0, 2.0], [100, 10, 1], [5, 7, 9], tenant=[0, 1, 0])
    arrived = arrived_service(instance.requests, np.array([0.0, 1.5, 2.0]))
    assert arrived.tolist() == [[110, 0], [110, 24], [129, 24]]


@pytest.mark.parametrize(
    ("received", "asked", "expected"),
    [
        ((100, 100), (100, 100), 1.0),  # everybody has what it asked for
        ((600, 100), (900, 100), 1.0),  # the light one has all, the heavy one what is left
        ((450, 450), (900, 900), 1.0),  # equal demands, equal service
        ((900, 0), (900, 900), 450 / 900),  # one was served in place of the other
        ((900, 50), (900, 100), 900 / 950),  # a light tenant waited for half of its demand
        ((60, 60), (900, 900), 120 / 900),  # serving little is not fair, be it equal
        ((0, 0), (100, 300), 0.0),  # nor is serving nobody
        ((0, 0), (0, 0), 1.0),  # nobody asked
    ],
)
def test_fairness_is_the_share_of_service_that_max_min_fairness_would_give(
    received: tuple[int, int], asked: tuple[int, int], expected: float
) -> None:
    served = np.array([(0, 0), received])
    arrived = np.array([(0, 0), asked])
    assert fairness(served, arrived) == pytest.approx(expected)


def test_what_was_not_served_is_still_asked_for_in_the_next_window() -> None:
    served = np.array([(0, 0), (100, 0), (200, 0)])
    arrived = np.array([(0, 0), (100, 100), (200, 100)])
    assert fairness(served, arrived) == pytest.approx((50 + 50) / (100 + 100))


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=6), st.floats(0.0, 1.0))
def test_fair_levels_share_out_the_whole_service(demands: list[int], share: float) -> None:
    asked = np.array([demands])
    total = np.array([int(share * sum(demands))])
    level = fair_levels(asked, total)[0]
    assert np.minimum(asked, level).sum() == pytest.approx(total[0])


def test_serving_a_heavy_tenant_first_is_less_fair() -> None:
    heavy_first = ByPriority(tuple(range(12)), 8192, True, 1)
    light_first = ByPriority((10, 11, *range(10)), 8192, True, 1)
    instance = instance_with([0.0] * 11 + [1.0], [3000] * 12, [20] * 12, tenant=[0] * 10 + [1] * 2)
    values = [serve_privileged(instance, d).values["fairness"] for d in (heavy_first, light_first)]
    assert values[0] < values[1]

"""Finds the rate that first come first served sustains, for every engine and mix of applications.

    python -m tests.bench.saturation [REQUESTS]

A rate is sustained when, under Poisson arrivals, the wait for the first token grows by less than
2 % of the time that passes (in an overload of 1 + x it grows by x). Bisection finds the largest.
Its share of the fluid rate is written into `FCFS_SHARES` of
`evaluators/problems/request_scheduling/saturation.py`, again whenever the engine changes.
"""

from __future__ import annotations

import math
import sys
from dataclasses import replace

import numpy as np

from evaluators.engines.cost_model import ENGINES, CostModel
from evaluators.engines.serving import Plan, Requests, ServingEngine
from evaluators.problems.request_scheduling.clients import (
    TENANTS,
    arrivals_s,
    draw_tenants,
    seeded,
)
from evaluators.problems.request_scheduling.saturation import (
    demand_of,
    fluid_rate_per_s,
    scarce_kv_tokens,
)
from evaluators.problems.request_scheduling.workloads import SCENARIOS, Scenario, draw_lengths

GROWTH = 0.02  # of the wait, per second
BISECTIONS = 7
CHUNK_TOKENS = 2048


def first_tokens_s(engine: CostModel, requests: Requests) -> np.ndarray:
    """float64[n]: when each request's first token comes under first come first served."""
    serving = ServingEngine(engine, requests, horizon_s=math.inf)
    while serving.run():
        waiting, running = len(serving.waiting), len(serving.running)
        serving.apply(
            Plan(
                waiting_order=np.arange(waiting),
                admit=waiting,
                admit_ahead=False,
                running_order=np.arange(running),
                preempt=0,
                prefill_tokens_per_iteration=CHUNK_TOKENS,
                decode_first=False,
                recheck_after_iterations=0,
                timer_s=0.0,
            )
        )
    return serving.first_token_s


def wait_growth(arrival_s: np.ndarray, first_token_s: np.ndarray) -> float:
    """Slope of the wait over arrival time, the first quarter left out."""
    late = slice(arrival_s.size // 4, None)
    wait_s = first_token_s - arrival_s
    return float(np.polyfit(arrival_s[late], wait_s[late], 1)[0])


def sustained_share(engine: CostModel, scenario: Scenario, count: int) -> tuple[float, float]:
    """The fluid rate per second, and the share of it that is sustained."""
    rng = seeded("saturation", scenario.name)
    tenant = draw_tenants(rng, count)
    prompt, output = draw_lengths(rng, scenario, tenant)
    demand = demand_of(prompt, output)
    kv_tokens = scarce_kv_tokens(engine, demand)
    replica = replace(engine, kv_capacity_tokens=kv_tokens)
    fluid_per_s = fluid_rate_per_s(engine, demand, kv_tokens)
    unit_s = arrivals_s(rng, count, fluid_per_s, cv=1.0)

    def is_sustained(share: float) -> bool:
        arrival_s = unit_s / share
        requests = Requests(arrival_s, prompt, output, tenant, TENANTS)
        return wait_growth(arrival_s, first_tokens_s(replica, requests)) < GROWTH

    return fluid_per_s, bisect(is_sustained, 0.4, 1.4)


def bisect(is_true, low: float, high: float) -> float:
    """The largest value that is still true, where it is true at `low` and false at `high`."""
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if is_true(middle) else (low, middle)
    return low


def main(count: int) -> None:
    print(f"{'engine':<20} {'applications':<20} {'fluid/s':>8} {'FCFS/s':>8} {'share':>6}")
    families = {s.applications: s for s in reversed(SCENARIOS)}
    for engine in ENGINES:
        for scenario in reversed(families.values()):
            fluid_per_s, share = sustained_share(engine, scenario, count)
            row = f"{fluid_per_s:8.3f} {fluid_per_s * share:8.3f} {share:6.3f}"
            print(f"{engine.name:<20} {scenario.applications:<20} {row}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3_000)

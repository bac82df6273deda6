"""Requests and trusted plans that drive a serving engine in tests."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
from hypothesis import strategies as st

from evaluators.engines.cost_model import ENGINES, CostModel
from evaluators.engines.serving import (
    AS_RESERVED,
    Plan,
    Requests,
    Rules,
    ServingEngine,
)

Decide = Callable[[ServingEngine], Plan]


def requests_of(
    arrival_s: list[float], prompt: list[int], output: list[int], tenant: list[int] | None = None
) -> Requests:
    tenants = tenant or [0] * len(prompt)
    return Requests(
        np.array(arrival_s, dtype=float), np.array(prompt), np.array(output),
        np.array(tenants), max(tenants) + 1,
    )  # fmt: skip


def engine_with(kv_tokens: int, max_running: int = 256) -> CostModel:
    return dataclasses.replace(ENGINES[0], kv_capacity_tokens=kv_tokens, max_running=max_running)


def plan_of(engine: ServingEngine, **changes: object) -> Plan:
    """First come first served, everything that fits, prompts before decodes."""
    waiting, running = np.arange(len(engine.waiting)), np.arange(len(engine.running))
    fcfs = Plan(waiting, len(waiting), False, running, 0, 8192, False, 0, 0.0)
    return dataclasses.replace(fcfs, **changes)  # type: ignore[arg-type]


def random_policy(seed: int) -> Decide:
    """Every field drawn anew at every decision, from a stream of its own."""
    rng = np.random.default_rng(seed)

    def decide(engine: ServingEngine) -> Plan:
        return Plan(
            waiting_order=rng.permutation(len(engine.waiting)),
            admit=int(rng.integers(0, 4)),
            admit_ahead=bool(rng.random() < 0.3),
            running_order=rng.permutation(len(engine.running)),
            preempt=int(rng.random() < 0.05),
            prefill_tokens_per_iteration=int(rng.integers(1, 400)),
            decode_first=bool(rng.random() < 0.5),
            recheck_after_iterations=int(rng.integers(0, 12)),
            timer_s=float(rng.choice([0.0, 0.01, 0.3])),
        )

    return decide


def serve(
    requests: Requests,
    cost: CostModel,
    decide: Decide,
    *,
    horizon_s: float = 1000.0,
    edges_s: tuple[float, ...] = (),
    asked_calls: int = 200,
    longest_jump: int | None = None,
    rules: Rules = AS_RESERVED,
) -> ServingEngine:
    """Play to the end, with the engine's invariants held at every decision."""
    engine = ServingEngine(cost, requests, horizon_s, edges_s, asked_calls, longest_jump, rules)
    while engine.run():
        assert 0 <= engine.kv_free_tokens <= cost.kv_capacity_tokens
        assert all(requests.arrival_s[r] <= engine.now_s for r in engine.waiting)
        assert len(engine.running) <= cost.max_running
        engine.apply(decide(engine))
        engine.audit()
    engine.audit()
    return engine


def rules() -> st.SearchStrategy[Rules]:
    """Either memory rule, with and without restarts."""
    return st.builds(Rules, st.booleans(), st.integers(0, 3), st.sampled_from([0.0, 0.3]))


@st.composite
def loads(draw: st.DrawFn, most: int = 40) -> tuple[Requests, CostModel]:
    """Random requests and an engine with little memory: preemptions are common."""
    count = draw(st.integers(1, most))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    arrival_s = np.sort(rng.uniform(0, draw(st.sampled_from([0.1, 1.0, 5.0])), count))
    prompt = rng.integers(1, 300, count)
    output = rng.integers(1, draw(st.sampled_from([2, 30, 120])), count)
    longest = int((prompt + output).max())
    cost = engine_with(longest + draw(st.integers(0, 600)), draw(st.sampled_from([2, 5, 256])))
    return requests_of(list(arrival_s), list(prompt), list(output),
                       list(rng.integers(0, 3, count))), cost  # fmt: skip

"""Small instances for the tests of this problem."""

from __future__ import annotations

import dataclasses

import numpy as np
from hypothesis import strategies as st

from evaluators.engines.cost_model import ENGINES, CostModel
from evaluators.engines.serving import Plan, Requests, ServingEngine
from evaluators.problems.request_scheduling.measurement import Promises
from evaluators.problems.request_scheduling.simulator import Instance


def instance_with(
    arrival_s: list[float],
    prompt: list[int],
    output: list[int],
    *,
    ttft_slo_s: float | list[float] = 1.0,
    tpot_slo_s: float = 0.1,
    tenant: list[int] | None = None,
    warmup: int = 0,
    cost: CostModel = ENGINES[0],
) -> Instance:
    count = len(prompt)
    tenants = np.array(tenant or [0] * count)
    requests = Requests(np.array(arrival_s, dtype=float), np.array(prompt), np.array(output),
                        tenants, int(tenants.max()) + 1)  # fmt: skip
    promises = Promises(
        2 * np.array(output), np.zeros(count, dtype=np.int64),
        np.broadcast_to(np.array(ttft_slo_s, dtype=float), count), np.full(count, tpot_slo_s),
        warmup,
    )  # fmt: skip
    return Instance(cost, requests, promises)


def engine_with(kv_tokens: int, max_running: int = 256) -> CostModel:
    return dataclasses.replace(ENGINES[0], kv_capacity_tokens=kv_tokens, max_running=max_running)


@st.composite
def instances(draw: st.DrawFn, most: int = 12) -> Instance:
    """Few requests, little memory, promises that some policies break and some keep."""
    count = draw(st.integers(1, most))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    prompt, output = rng.integers(1, 3000, count), rng.integers(1, 60, count)
    kv_tokens = int((prompt + output).max()) + draw(st.integers(0, 4000))
    arrival_s = np.sort(rng.uniform(0, draw(st.sampled_from([0.05, 1.0])), count))
    return instance_with(
        list(arrival_s), list(prompt), list(output),
        ttft_slo_s=list(rng.uniform(0.01, draw(st.sampled_from([0.1, 0.6])), count)),
        tpot_slo_s=draw(st.sampled_from([0.008, 0.012, 0.1])),
        tenant=list(rng.integers(0, 3, count)),
        warmup=draw(st.integers(0, count - 1)),
        cost=engine_with(kv_tokens, draw(st.sampled_from([2, 256]))),
    )  # fmt: skip


class ByPriority:
    """Requests in a fixed order of priority, at most `most_running` at a time."""

    def __init__(
        self, priority: tuple[int, ...], budget: int, decode_first: bool, most_running: int
    ) -> None:
        self.rank = np.argsort(priority)
        self.budget, self.decode_first, self.most_running = budget, decode_first, most_running

    def __call__(self, engine: ServingEngine) -> Plan:
        waiting, running = (np.array(x, dtype=np.int64) for x in (engine.waiting, engine.running))
        return Plan(
            np.argsort(self.rank[waiting]), max(0, self.most_running - running.size), True,
            np.argsort(self.rank[running]), 0, self.budget, self.decode_first, 0, 0.0,
        )  # fmt: skip

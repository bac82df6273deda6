"""With a device that takes what the cost model says, real time is the simulator's time."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.engines.cost_model import CostModel
from evaluators.engines.gpu.clock import VirtualClock, WallClock
from evaluators.engines.gpu.iteration import Chunk, Iteration, SyntheticEngine
from evaluators.engines.gpu.real_time import RealTimeEngine
from evaluators.engines.serving import (
    AS_RESERVED,
    PREEMPTIONS,
    Requests,
    Rules,
)
from tests.evaluators.engines.drivers import (
    Decide,
    engine_with,
    loads,
    plan_of,
    random_policy,
    requests_of,
    rules,
    serve,
)


class Remembering(SyntheticEngine):
    """Holds every iteration to what a device can compute, and counts."""

    def begin(self, prompt_tokens: np.ndarray) -> None:
        self.known = prompt_tokens.tolist()  # tokens of a request that exist
        self.cached = [0] * len(self.known)
        self.computed = 0

    def execute(self, iteration: Iteration) -> float:
        assert iteration.chunks or iteration.decodes
        for chunk in iteration.chunks:
            assert self.cached[chunk.request] == chunk.start < chunk.stop
            assert chunk.emits == (chunk.stop == self.known[chunk.request])
            self._advance(chunk.request, chunk.stop, chunk.emits)
        for decode in iteration.decodes:
            assert self.cached[decode.request] == decode.kv_tokens
            assert self.known[decode.request] == decode.kv_tokens + 1
            self._advance(decode.request, decode.kv_tokens + 1, True)
        assert sum(self.cached) <= self.kv_capacity_tokens
        return super().execute(iteration)

    def _advance(self, request: int, cached: int, emits: bool) -> None:
        self.computed += cached - self.cached[request]
        self.cached[request] = cached
        self.known[request] += emits

    def release(self, request: int) -> None:
        self.cached[request] = 0


def serve_in_real_time(
    requests: Requests,
    cost: CostModel,
    decide: Decide,
    *,
    edges_s: tuple[float, ...] = (),
    rules: Rules = AS_RESERVED,
) -> tuple[RealTimeEngine, Remembering]:
    clock = VirtualClock()
    device = Remembering(cost, clock)
    engine = RealTimeEngine(device, clock, cost, requests, 1000.0, edges_s, 200, rules)
    while engine.run():
        engine.apply(decide(engine))
        engine.audit()
    engine.audit()
    return engine, device


@given(loads(), st.integers(0, 2**32), rules())
def test_a_device_that_takes_the_models_time_gives_the_simulators_times(
    load: tuple[Requests, CostModel], seed: int, rules: Rules
) -> None:
    edges_s = (0.05, 0.4, 1.5)
    simulated = serve(*load, random_policy(seed), edges_s=edges_s, longest_jump=1, rules=rules)
    played, _ = serve_in_real_time(*load, random_policy(seed), edges_s=edges_s, rules=rules)
    np.testing.assert_allclose(played.first_token_s, simulated.first_token_s, rtol=0, atol=1e-9)
    np.testing.assert_allclose(played.finish_s, simulated.finish_s, rtol=0, atol=1e-9)
    assert np.array_equal(played.progress, simulated.progress)
    assert np.array_equal(played.service_at_edges, simulated.service_at_edges)
    assert played.iterations == simulated.iterations


def test_preempted_requests_are_computed_again_on_the_device() -> None:
    requests = requests_of([0.0, 0.0], [100, 100], [100, 100])
    engine, device = serve_in_real_time(requests, engine_with(250), plan_of)
    assert engine.progress[PREEMPTIONS].tolist() == [0, 1]
    once = 2 * (100 + 100 - 1)
    assert device.computed > once + 100


def test_the_time_that_a_policy_thinks_passes() -> None:
    clock = VirtualClock()
    cost = engine_with(1000)
    device = SyntheticEngine(cost, clock)
    requests = requests_of([0.0, 0.1], [10, 10], [2, 2])
    engine = RealTimeEngine(device, clock, cost, requests, 1000.0)
    while engine.run():
        clock.wait_until(clock.now_s() + 5.0)
        engine.apply(plan_of(engine))
    assert engine.first_token_s[0] > 5.0
    assert engine.first_token_s[1] > 10.0


def test_a_device_that_holds_less_than_the_engine_is_refused() -> None:
    small = SyntheticEngine(engine_with(100, 2), VirtualClock())
    requests = requests_of([0.0], [10], [2])
    with pytest.raises(ValueError, match="holds 100 tokens"):
        RealTimeEngine(small, VirtualClock(), engine_with(101, 2), requests, 1.0)
    with pytest.raises(ValueError, match="runs 2 requests"):
        RealTimeEngine(small, VirtualClock(), engine_with(100, 3), requests, 1.0)


@given(loads(most=8), st.integers(0, 2**32))
def test_an_iterations_terms_are_those_of_the_cost_model(
    load: tuple[Requests, CostModel], seed: int
) -> None:
    """Each coefficient alone, so that a term in another's place is seen."""
    requests, cost = load
    for name in ("iteration_s", "token_s", "pair_s", "kv_token_s", "sequence_s"):
        only = dataclasses.replace(
            cost, **dict.fromkeys(("token_s", "pair_s", "kv_token_s", "sequence_s"), 0.0),
            iteration_s=1e-6,
        )  # fmt: skip
        only = dataclasses.replace(only, **{name: 1e-5})
        simulated = serve(requests, only, random_policy(seed), longest_jump=1)
        played, _ = serve_in_real_time(requests, only, random_policy(seed))
        np.testing.assert_allclose(played.finish_s, simulated.finish_s, rtol=1e-9)


def test_a_wall_clock_waits_at_least_so_long() -> None:
    clock = WallClock()
    clock.wait_until(clock.now_s() + 0.01)
    assert clock.now_s() >= 0.01


def test_terms_of_a_chunk_and_nothing_else() -> None:
    assert Iteration([Chunk(0, 100, 150, False)], []).terms() == (1.0, 50.0, 50 * 125.0, 0.0, 1.0)

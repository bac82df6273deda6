"""The serving engine: jumps equal steps, nothing is lost, rules are kept."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.engines.cost_model import ENGINES, CostModel
from evaluators.engines.serving import GENERATED, PREEMPTIONS, Requests, Rules, ServingEngine
from tests.evaluators.engines.drivers import (
    engine_with,
    loads,
    plan_of,
    random_policy,
    requests_of,
    rules,
    serve,
)
from tests.evaluators.engines.naive import NaiveEngine


def assert_same_times(a: ServingEngine, b: ServingEngine) -> None:
    np.testing.assert_allclose(a.first_token_s, b.first_token_s, rtol=0, atol=1e-9)
    np.testing.assert_allclose(a.finish_s, b.finish_s, rtol=0, atol=1e-9)
    assert np.array_equal(a.progress, b.progress)
    assert a.iterations == b.iterations


@given(loads(), st.integers(0, 2**32), rules())
def test_a_jump_equals_its_steps_under_any_plans(
    load: tuple[Requests, CostModel], seed: int, rules: Rules
) -> None:
    edges = (0.05, 0.4, 1.5)
    jumped = serve(*load, random_policy(seed), edges_s=edges, rules=rules)
    stepped = serve(*load, random_policy(seed), edges_s=edges, longest_jump=1, rules=rules)
    assert_same_times(jumped, stepped)
    assert np.array_equal(jumped.service_at_edges, stepped.service_at_edges)


def test_a_jump_equals_its_steps_under_memory_pressure() -> None:
    rng = np.random.default_rng(3)
    requests = requests_of(
        list(np.sort(rng.uniform(0, 10, 300))), list(rng.integers(20, 800, 300)),
        list(rng.integers(1, 400, 300)),
    )  # fmt: skip
    jumped = serve(requests, engine_with(6000), plan_of)
    assert jumped.progress[PREEMPTIONS].sum() > 50
    assert_same_times(jumped, serve(requests, engine_with(6000), plan_of, longest_jump=1))


@given(loads(most=25), st.booleans(), st.integers(1, 500), rules())
def test_it_agrees_with_a_naive_engine_that_keeps_every_request_by_itself(
    load: tuple[Requests, CostModel], decode_first: bool, budget: int, rules: Rules
) -> None:
    requests, cost = load

    def decide(engine: ServingEngine):  # type: ignore[no-untyped-def]
        return plan_of(engine, prefill_tokens_per_iteration=budget, decode_first=decode_first)

    engine = serve(requests, cost, decide, rules=rules)
    naive = NaiveEngine(requests, cost, budget, decode_first, rules)
    naive.run()
    np.testing.assert_allclose(engine.first_token_s, naive.first_token_s, rtol=0, atol=1e-9)
    np.testing.assert_allclose(engine.finish_s, naive.finish_s, rtol=0, atol=1e-9)
    assert engine.progress[PREEMPTIONS].sum() == naive.preemptions


@given(loads(), st.integers(0, 2**32))
def test_every_request_finishes_with_its_own_tokens_or_is_counted(
    load: tuple[Requests, CostModel], seed: int
) -> None:
    requests, cost = load
    engine = serve(requests, cost, random_policy(seed), horizon_s=2.0)
    is_done = np.isfinite(engine.finish_s)
    assert engine.unfinished == np.count_nonzero(~is_done)
    assert np.array_equal(engine.progress[GENERATED][is_done], requests.output_tokens[is_done])
    assert (engine.first_token_s[is_done] <= engine.finish_s[is_done]).all()
    assert (engine.first_token_s > requests.arrival_s).all()


def test_one_request_alone_takes_its_prefill_and_its_decode_time() -> None:
    cost = ENGINES[0]
    engine = serve(requests_of([1.0], [500], [40]), cost, plan_of)
    assert engine.first_token_s[0] == pytest.approx(1.0 + cost.prefill_s(500, 8192))
    assert engine.finish_s[0] == pytest.approx(engine.first_token_s[0] + cost.decode_s(500, 39))


def test_a_request_of_one_token_ends_with_its_prefill() -> None:
    engine = serve(requests_of([0.0], [64], [1]), ENGINES[0], plan_of)
    assert engine.finish_s[0] == engine.first_token_s[0] == ENGINES[0].prefill_s(64, 8192)


def test_decode_first_keeps_decoding_while_a_long_prompt_is_computed() -> None:
    requests = requests_of([0.0, 0.1], [10, 8000], [60, 2])

    def with_decode(decode_first: bool) -> ServingEngine:
        return serve(
            requests, ENGINES[0],
            lambda e: plan_of(e, decode_first=decode_first, prefill_tokens_per_iteration=256),
        )  # fmt: skip

    mixed, stalled = with_decode(True), with_decode(False)
    assert mixed.finish_s[0] < stalled.finish_s[0]
    assert mixed.first_token_s[1] > stalled.first_token_s[1]


def test_admitting_ahead_interrupts_a_prefill_without_losing_it() -> None:
    requests = requests_of([0.0, 0.01], [8000, 100], [2, 2])

    def with_ahead(ahead: bool) -> ServingEngine:
        return serve(
            requests, ENGINES[0],
            lambda e: plan_of(e, admit_ahead=ahead, prefill_tokens_per_iteration=500),
        )  # fmt: skip

    waited, interrupted = with_ahead(False), with_ahead(True)
    assert interrupted.first_token_s[1] < waited.first_token_s[1] / 2
    assert interrupted.progress[PREEMPTIONS].sum() == 0
    one_more_chunk_s = ENGINES[0].iteration_s * 2
    assert interrupted.finish_s[0] < waited.finish_s[0] + one_more_chunk_s


def test_memory_that_is_full_preempts_from_the_end_of_running_order() -> None:
    requests = requests_of([0.0, 0.0], [100, 100], [100, 100])
    for order, victim in (([0, 1], 1), ([1, 0], 0)):
        engine = serve(
            requests, engine_with(250),
            lambda e, order=order: plan_of(
                e, running_order=np.array(order[: len(e.running)])
                if len(e.running) == 2 else np.arange(len(e.running)),
            ),
        )  # fmt: skip
        assert engine.progress[PREEMPTIONS].tolist() == [int(victim == 0), int(victim == 1)]


def test_preempting_frees_the_memory_for_another_in_the_same_call() -> None:
    requests = requests_of([0.0, 0.05], [200, 200], [100, 2])
    engine = serve(
        requests, engine_with(350),
        lambda e: plan_of(e, preempt=int(len(e.waiting) > 0 and len(e.running) > 0
                                         and e.waiting[0] == 1)),
    )  # fmt: skip
    assert engine.progress[PREEMPTIONS].tolist() == [1, 0]
    assert engine.finish_s[1] < engine.finish_s[0]


def test_an_engine_that_never_admits_ends_and_counts_everything_unfinished() -> None:
    engine = serve(
        requests_of([0.0, 1.0], [5, 5], [5, 5]), ENGINES[0], lambda e: plan_of(e, admit=0)
    )
    assert engine.unfinished == 2
    assert math.isinf(engine.finish_s.min())


def test_timers_and_rechecks_are_served_as_often_as_granted() -> None:
    calls: list[float] = []

    def decide(engine: ServingEngine):  # type: ignore[no-untyped-def]
        calls.append(engine.now_s)
        return plan_of(engine, timer_s=0.1, recheck_after_iterations=0)

    requests = requests_of([0.0], [10], [400])
    engine = serve(requests, ENGINES[0], decide, asked_calls=5)
    assert len(calls) == 6
    assert engine.asked_calls_left == 0
    gaps_s = np.diff(calls)
    assert (gaps_s >= 0.1).all()
    assert (gaps_s < 0.1 + 2 * ENGINES[0].iteration_s).all()


def test_a_recheck_comes_after_so_many_iterations() -> None:
    seen: list[int] = []

    def decide(engine: ServingEngine):  # type: ignore[no-untyped-def]
        seen.append(engine.iterations)
        return plan_of(engine, recheck_after_iterations=7)

    serve(requests_of([0.0], [10], [30]), ENGINES[0], decide)
    assert seen == [0, 7, 14, 21, 28]


def test_nothing_is_asked_while_nothing_waits() -> None:
    calls: list[float] = []

    def decide(engine: ServingEngine):  # type: ignore[no-untyped-def]
        calls.append(engine.now_s)
        return plan_of(engine)

    serve(requests_of([0.0, 5.0], [10, 20], [30, 5]), ENGINES[0], decide)
    assert calls == [0.0, 5.0]


def test_a_request_longer_than_the_memory_is_refused() -> None:
    with pytest.raises(ValueError, match="longer than the KV cache"):
        ServingEngine(engine_with(100), requests_of([0.0], [80], [21]), 10.0)

"""Backoff, limits and the circuit breaker, in a time of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evolve.llm.breaker import Breaker, EndpointEvent, Patience, Paused, Resumed, Stopped
from evolve.llm.failure import CallError, FailureKind
from evolve.llm.limiter import Limiter, TokenBucket
from evolve.llm.message import Reply
from evolve.llm.retrying import Backoff, retrying
from tests.evolve.llm.asking import VirtualTime, run

REPLY = Reply("text", "m", None, "stop", b"")
BUSY = CallError("overloaded", "busy")


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


# -- retrying --------------------------------------------------------------------------------


def retried(
    outcomes: list[CallError | Reply], backoff: Backoff, excused: Callable[[], bool] = lambda: False
) -> tuple[Reply | CallError, VirtualTime]:
    time = VirtualTime()

    async def attempt() -> Reply:
        outcome = outcomes.pop(0)
        if isinstance(outcome, CallError):
            raise outcome
        return outcome

    async def go() -> Reply | CallError:
        try:
            return await retrying(attempt, backoff, rng=rng(), sleep=time.sleep, is_excused=excused)
        except CallError as error:
            return error

    return run(go()), time


def test_tries_again_until_a_reply_comes() -> None:
    outcome, time = retried([BUSY, BUSY, REPLY], Backoff())
    assert outcome is REPLY
    assert len(time.slept_s) == 2


def test_gives_up_after_so_many_attempts() -> None:
    left: list[CallError | Reply] = [BUSY] * 5
    outcome, _ = retried(left, Backoff(attempts=3))
    assert outcome is BUSY
    assert len(left) == 2


@pytest.mark.parametrize("kind", ["authentication", "not found", "quota", "invalid request"])
def test_what_no_repetition_mends_is_not_repeated(kind: FailureKind) -> None:
    error = CallError(kind, "no")
    outcome, time = retried([error, REPLY], Backoff())
    assert outcome is error
    assert time.slept_s == []


def test_never_comes_back_before_it_is_asked_to() -> None:
    later = CallError("rate limit", "later", retry_after_s=7.0)
    _, time = retried([later, REPLY], Backoff())
    assert 7.0 <= time.slept_s[0] <= 8.0


def test_waits_no_longer_than_the_deadline() -> None:
    far = CallError("rate limit", "much later", retry_after_s=700.0)
    outcome, time = retried([far, REPLY], Backoff(deadline_s=600.0))
    assert outcome is far
    assert time.slept_s == []


@given(st.integers(1, 30), st.floats(0, 1e3), st.none() | st.floats(0, 1e3), st.integers(0, 99))
def test_waits_are_jittered_within_their_bounds(
    failures: int, waited_s: float, after_s: float | None, seed: int
) -> None:
    backoff = Backoff(attempts=31, first_s=1.0, longest_s=60.0, deadline_s=600.0)
    error = CallError("rate limit", "", retry_after_s=after_s)
    wait_s = backoff.wait_s(failures, waited_s, error, np.random.default_rng(seed))
    least_s = after_s or 0.0
    if wait_s is None:
        assert waited_s + least_s + 60.0 > 600.0
    else:
        assert least_s <= wait_s <= least_s + min(60.0, 2.0 ** (failures - 1))
        assert waited_s + wait_s <= 600.0


def test_failures_of_a_paused_endpoint_do_not_count() -> None:
    outcome, time = retried([BUSY] * 50 + [REPLY], Backoff(attempts=2), excused=lambda: True)
    assert outcome is REPLY
    assert time.slept_s == []  # the breaker keeps the pause


# -- limits ----------------------------------------------------------------------------------


def test_no_more_calls_at_once_than_allowed() -> None:
    time = VirtualTime()
    now, peak = 0, 0

    async def call(limiter: Limiter) -> None:
        nonlocal now, peak
        async with limiter.slot():
            now += 1
            peak = max(peak, now)
            await time.sleep(1.0)
            now -= 1

    async def go() -> None:
        limiter = Limiter(3, timing=time.timing)
        await asyncio.gather(*(call(limiter) for _ in range(12)))

    run(go())
    assert peak == 3


def taken_at_s(per_minute: float, amounts: list[int]) -> list[float]:
    """When each of several who ask at once gets its share."""
    time = VirtualTime()

    async def take(bucket: TokenBucket, amount: int) -> float:
        await bucket.take(amount)
        return time.now_s - 1000.0

    async def go() -> list[float]:
        bucket = TokenBucket(per_minute, time.timing)
        return await asyncio.gather(*(take(bucket, a) for a in amounts))

    return run(go())


def test_a_full_bucket_lets_one_minutes_worth_pass_then_so_many_a_minute() -> None:
    at_s = taken_at_s(60, [1] * 65)
    assert at_s[:60] == [0.0] * 60
    assert at_s[60:] == pytest.approx([1.0, 2.0, 3.0, 4.0, 5.0])


def test_more_than_a_bucket_holds_passes_and_is_paid_off() -> None:
    assert taken_at_s(100, [250, 1]) == pytest.approx([0.0, 90.6])


@given(st.lists(st.integers(1, 50), min_size=1, max_size=30))
def test_no_minute_gets_more_than_twice_its_worth(amounts: list[int]) -> None:
    at_s = taken_at_s(60, amounts)
    assert at_s == sorted(at_s)  # whoever comes first is first
    for start_s in at_s:
        within = [a for a, t in zip(amounts, at_s, strict=True) if start_s <= t < start_s + 60]
        assert sum(within) <= 120 + 1e-6


def test_what_was_not_needed_is_given_back() -> None:
    time = VirtualTime()

    async def go() -> float:
        limiter = Limiter(1, tokens_per_minute=100, timing=time.timing)
        await limiter.take(100)
        limiter.give_back(80)
        await limiter.take(80)
        return time.now_s - 1000.0

    assert run(go()) == 0.0


def test_a_call_that_was_not_sent_leaves_its_whole_share() -> None:
    time = VirtualTime()

    async def go() -> float:
        limiter = Limiter(1, requests_per_minute=1, tokens_per_minute=100, timing=time.timing)
        await limiter.take(100)
        limiter.untake(100)
        await limiter.take(100)
        return time.now_s - 1000.0

    assert run(go()) == 0.0


# -- the circuit breaker ---------------------------------------------------------------------


class Circuit:
    """A breaker, its time, and what it said."""

    def __init__(self, **patience: float) -> None:
        self.time = VirtualTime()
        self.said: list[EndpointEvent] = []
        self.breaker = Breaker(
            "here",
            timing=self.time.timing,
            observer=self.said.append,
            patience=Patience(**patience),  # type: ignore[arg-type]
        )

    async def call(self, outcome: CallError | None = None) -> None:
        async with self.breaker.admission():
            if outcome is not None:
                raise outcome

    async def fail(self, times: int, error: CallError = BUSY) -> None:
        for _ in range(times):
            with pytest.raises(CallError):
                await self.call(error)


def test_pauses_after_failures_in_a_row_and_says_so() -> None:
    async def go(circuit: Circuit) -> None:
        await circuit.fail(4)
        await circuit.call()  # a success between starts the count anew
        await circuit.fail(4)
        assert not circuit.breaker.is_open
        await circuit.fail(1)
        assert circuit.breaker.is_open

    circuit = Circuit(failures=5)
    run(go(circuit))
    assert circuit.said == [Paused("here", "overloaded: busy", 10.0)]


def test_one_probe_at_a_time_and_all_pass_when_it_succeeds() -> None:
    circuit = Circuit(failures=1)
    calls: list[float] = []

    async def probe() -> None:
        async with circuit.breaker.admission():
            calls.append(circuit.time.now_s)
            await circuit.time.sleep(3.0)

    async def go() -> None:
        await circuit.fail(1)
        await asyncio.gather(*(probe() for _ in range(8)))

    run(go())
    assert calls == [1010.0] + [1013.0] * 7
    assert circuit.said[-1] == Resumed("here")


def test_pauses_double_while_probes_fail() -> None:
    circuit = Circuit(failures=1, first_pause_s=10, longest_pause_s=35)
    run(circuit.fail(4))
    assert [e.pause_s for e in circuit.said if isinstance(e, Paused)] == [10, 20, 35, 35]
    assert circuit.time.slept_s == [10, 20, 35]


def test_a_pause_is_as_long_as_the_endpoint_asks() -> None:
    circuit = Circuit(failures=1)
    run(circuit.fail(1, CallError("rate limit", "", retry_after_s=99.0)))
    assert circuit.said == [Paused("here", "rate limit: ", 99.0)]


def test_gives_up_on_an_endpoint_that_never_answers() -> None:
    circuit = Circuit(failures=1, first_pause_s=10, give_up_s=60)
    run(circuit.fail(10))
    assert isinstance(circuit.said[-1], Stopped)
    assert "no answer for" in circuit.said[-1].reason
    assert circuit.time.now_s <= 1000 + 150


@pytest.mark.parametrize("kind", ["authentication", "not found", "quota"])
def test_stops_at_once_where_no_waiting_helps(kind: FailureKind) -> None:
    circuit = Circuit()
    run(circuit.fail(2, CallError(kind, "no")))
    assert circuit.said == [Stopped("here", f"{kind}: no")]
    with pytest.raises(CallError, match="stopped: here"):
        run(circuit.call())


def test_faults_of_requests_do_not_pause_but_stop_when_there_are_too_many() -> None:
    circuit = Circuit(failures=2, useless=6)
    run(circuit.fail(5, CallError("content filter", "no")))
    assert circuit.said == []
    run(circuit.call())
    run(circuit.fail(6, CallError("cut off", "no")))
    assert circuit.said == [
        Stopped("here", "6 replies in a row were of no use; the last: cut off: no")
    ]


def test_a_cancelled_probe_leaves_the_way_to_another() -> None:
    circuit = Circuit(failures=1)

    async def hang() -> None:
        async with circuit.breaker.admission():
            await asyncio.Event().wait()

    async def go() -> None:
        await circuit.fail(1)
        probe = asyncio.create_task(hang())
        after = asyncio.create_task(circuit.call())
        for _ in range(200):
            await asyncio.sleep(0)
        probe.cancel()
        await after

    run(go())
    assert not circuit.breaker.is_open


def test_who_waits_for_the_end_of_a_pause_learns_at_once_that_none_comes() -> None:
    circuit = Circuit(failures=1)

    async def go() -> None:
        await circuit.fail(1)
        waiting = asyncio.create_task(circuit.call())
        await circuit.time.sleep(2.0)
        circuit.breaker.stop("no")
        with pytest.raises(CallError, match="stopped: here: no"):
            await waiting

    run(go())
    assert circuit.time.now_s == 1002.0


@pytest.mark.parametrize("late", [None, CallError("content filter", "no")])
def test_an_answer_to_a_call_from_before_the_pause_does_not_end_it(late: CallError | None) -> None:
    circuit = Circuit(failures=1)
    passed_s: list[float] = []

    async def slow() -> None:
        async with circuit.breaker.admission():
            await circuit.time.sleep(2.0)
            if late is not None:
                raise late

    async def arrive() -> None:
        await circuit.time.sleep(3.0)
        async with circuit.breaker.admission():
            passed_s.append(circuit.time.now_s)

    async def go() -> None:
        early, after = asyncio.create_task(slow()), asyncio.create_task(arrive())
        await asyncio.sleep(0)
        await circuit.fail(1, CallError("rate limit", "", retry_after_s=50.0))
        await asyncio.gather(early, after, return_exceptions=True)

    run(go())
    assert passed_s == [1050.0]
    assert circuit.said == [Paused("here", "rate limit: ", 50.0), Resumed("here")]

"""Whole calls over real HTTP: reservations, bookings, pauses, several at once."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterable
from decimal import Decimal
from functools import partial

import numpy as np
import pytest

from archive.entry import Amount
from evolve.llm.breaker import Breaker, EndpointEvent, Patience, Paused, Resumed, Stopped
from evolve.llm.caller import Answered, Caller, CallEvent, Cancelled, Failed, Sent
from evolve.llm.failure import CallError
from evolve.llm.limiter import Limiter
from evolve.llm.message import Client, Reply, Request, Usage
from evolve.llm.prices import Price, stated_price
from evolve.llm.purse import BudgetEndedError, Purse
from evolve.llm.retrying import Backoff
from evolve.llm.spending import NOTHING, Ledger, worst_case
from tests.evolve.llm.asking import VirtualTime, client_of, request, run
from tests.stub_models.faults import FAULTS
from tests.stub_models.plans import Plan, constant, mixture, script
from tests.stub_models.server import StubModels, running

MODEL = "openai/gpt-x"
PRICE = stated_price((1.0, 4.0))
ENDLESS = Patience(give_up_s=1e9)  # time of its own passes fast
WORST = worst_case(request(MODEL), PRICE)


class Desk:
    """Calls against a stub, within a budget, in a time of its own."""

    def __init__(
        self,
        *,
        usd: Decimal | None = Decimal(10),
        tokens: int | None = None,
        concurrency: int = 4,
        price: Price | None = PRICE,
        patience: Patience | None = None,
        timeout_s: float = 60.0,
        requests_per_minute: float | None = None,
    ) -> None:
        self.ledger = Ledger(usd=usd, tokens=tokens, numbers=itertools.count(1))
        self.calls: list[CallEvent] = []
        self.endpoint: list[EndpointEvent] = []
        self.time = VirtualTime()
        self._limiter = partial(Limiter, concurrency, requests_per_minute=requests_per_minute)
        self._given = (price, patience or Patience(), timeout_s)

    def ask(self, whom: StubModels | Client, times: int = 1) -> list[Reply | BaseException]:
        return run(self._ask(whom, times))

    def caller(self, whom: StubModels | Client) -> Caller:
        price, patience, timeout_s = self._given
        timing = self.time.timing
        if isinstance(whom, StubModels):
            whom = client_of(MODEL, whom, timeout_s=timeout_s)
        return Caller(
            whom,
            price=price,
            purse=Purse(self.ledger),
            limiter=self._limiter(timing=timing),
            breaker=Breaker("e", timing=timing, observer=self.endpoint.append, patience=patience),
            backoff=Backoff(),
            rng=np.random.default_rng(0),
            sleep=self.time.sleep,
        )

    async def _ask(self, whom: StubModels | Client, times: int) -> list[Reply | BaseException]:
        caller = self.caller(whom)
        requests = (request(MODEL, f"number {n}") for n in range(times))
        asked = [caller.complete(r, self.calls.append) for r in requests]
        try:
            return await asyncio.gather(*asked, return_exceptions=True)
        finally:
            await caller.close()

    def of(self, kind: type) -> list:
        return [event for event in self.calls if isinstance(event, kind)]


def booked(events: Iterable[CallEvent]) -> tuple[Amount, Amount]:
    """(spent, unknown) as the events tell it."""
    spent, unknown = NOTHING, NOTHING
    for event in events:
        if isinstance(event, Sent):
            continue
        if isinstance(event, Cancelled) or not event.is_known:
            unknown += event.spent
        else:
            spent += event.spent
    return spent, unknown


def check_books(desk: Desk) -> None:
    """Every call ended once, and the events tell what the ledger holds."""
    assert sorted(e.call for e in desk.of(Sent)) == sorted(
        e.call for e in desk.calls if not isinstance(e, Sent)
    )
    assert booked(desk.calls) == (desk.ledger.spent, desk.ledger.unknown)
    assert desk.ledger.reserved == NOTHING


def test_a_reply_costs_what_it_used() -> None:
    desk = Desk()
    with running() as stub:
        (reply,) = desk.ask(stub)
    assert isinstance(reply, Reply)
    assert reply.usage
    assert reply.usd == (reply.usage.input_tokens + 4 * reply.usage.output_tokens) * Decimal("1e-6")
    assert desk.ledger.spent == Amount(reply.usage.total_tokens, reply.usd)
    assert [type(e) for e in desk.calls] == [Sent, Answered]
    check_books(desk)


@pytest.mark.parametrize(
    ("fault", "books"),
    [
        ("rate limit", "nothing"),
        ("server error", "nothing"),
        ("reset", "unknown"),
        ("bad JSON", "unknown"),
        ("empty text", "spent"),
    ],
)
def test_a_failed_attempt_is_booked_by_what_is_known(fault: str, books: str) -> None:
    desk = Desk()
    with running(StubModels(script(fault))) as stub:
        (reply,) = desk.ask(stub)
    assert isinstance(reply, Reply)  # the second attempt's
    (failed,) = desk.of(Failed)
    worst = desk.of(Sent)[0].worst
    told = (
        "nothing"
        if failed.is_known and failed.spent == NOTHING
        else "unknown"
        if not failed.is_known and failed.spent == worst
        else "spent"
    )
    assert told == books
    check_books(desk)


def test_a_reply_without_usage_is_used_and_booked_at_its_worst() -> None:
    desk = Desk()
    with running(StubModels(script("no usage"))) as stub:
        (reply,) = desk.ask(stub)
    assert isinstance(reply, Reply)
    assert reply.usd is None
    assert desk.ledger.unknown == desk.of(Sent)[0].worst
    check_books(desk)


def test_usage_above_the_reservation_is_booked_and_stops_the_endpoint() -> None:
    desk = Desk(usd=Decimal(1000), concurrency=1)  # which pays for both
    with running(StubModels(script("overstated usage"))) as stub:
        first, second = desk.ask(stub, 2)
    assert isinstance(first, Reply)  # it was paid for
    (stopped,) = desk.endpoint
    assert isinstance(stopped, Stopped)
    assert "10000000 tokens" in stopped.reason
    assert desk.ledger.spent.tokens == 10_000_000
    assert isinstance(second, CallError)
    assert second.kind == "stopped"
    assert len(stub.requests) == 1
    check_books(desk)


class Scripted:
    """A client in the desk's time: a second for each answer, all as said, then good ones."""

    def __init__(self, time: VirtualTime, *outcomes: Usage | CallError) -> None:
        self.sent_s: list[float] = []
        self._time = time
        self._outcomes = list(outcomes)

    async def complete(self, request: Request) -> Reply:
        self.sent_s.append(self._time.now_s - 1000.0)
        outcome = self._outcomes.pop(0) if self._outcomes else Usage(1, 1)
        await self._time.sleep(1.0)
        if isinstance(outcome, CallError):
            raise outcome
        return Reply("text", "m", outcome, "stop", b"")

    async def close(self) -> None:
        pass


def test_a_stopped_endpoint_gets_no_call_that_waits_for_its_minute() -> None:
    desk = Desk(usd=Decimal(1000), concurrency=8, requests_per_minute=2)
    client = Scripted(desk.time, Usage(9_000_000, 1_000_000))
    outcomes = desk.ask(client, 8)
    assert client.sent_s == [0.0, 0.0]
    assert [o.kind for o in outcomes if isinstance(o, CallError)] == ["stopped"] * 6
    assert desk.time.now_s <= 1031  # what nobody sends takes no share of a minute
    check_books(desk)


def test_a_paused_endpoint_gets_no_call_that_waits_for_its_minute() -> None:
    desk = Desk(concurrency=8, requests_per_minute=5)
    later = CallError("rate limit", "later", retry_after_s=100.0)
    client = Scripted(desk.time, *[later] * 5)
    outcomes = desk.ask(client, 8)
    assert all(isinstance(o, Reply) for o in outcomes)
    assert client.sent_s[:5] == [0.0] * 5
    assert len(client.sent_s) == 5 + 8
    # nobody has used any of the minute meanwhile: all of it is there after the pause
    assert client.sent_s[5:10] == pytest.approx([101.0] + [102.0] * 4)
    check_books(desk)


def test_an_unpriced_model_counts_tokens() -> None:
    desk = Desk(usd=None, tokens=10_000, price=None)
    with running() as stub:
        (reply,) = desk.ask(stub)
    assert isinstance(reply, Reply)
    assert reply.usd is None
    assert desk.ledger.spent.unpriced_tokens == desk.ledger.spent.tokens > 0


@pytest.mark.parametrize("concurrency", [1, 16, 64])
def test_a_budget_ends_before_it_is_exceeded(concurrency: int) -> None:
    budget = WORST.usd * 3
    desk = Desk(usd=budget, concurrency=concurrency)
    with running(StubModels(latency_s=constant(0.005))) as stub:
        outcomes = desk.ask(stub, 80)
    replies = [o for o in outcomes if isinstance(o, Reply)]
    ended = [o for o in outcomes if isinstance(o, BudgetEndedError)]
    assert len(replies) + len(ended) == 80
    assert ended
    assert len(replies) > 3  # reservations that were not needed were used again
    assert desk.ledger.spent.usd <= budget
    assert stub.peak_in_flight <= min(3, concurrency)
    check_books(desk)


@pytest.mark.parametrize("requests", [1, 20])
def test_an_endpoint_that_is_down_costs_nothing_and_loses_no_request(requests: int) -> None:
    desk = Desk(concurrency=16, patience=ENDLESS)
    with running(StubModels(script(*["unavailable"] * 40))) as stub:
        outcomes = desk.ask(stub, requests)
    assert all(isinstance(o, Reply) for o in outcomes)
    assert isinstance(desk.endpoint[0], Paused)
    assert isinstance(desk.endpoint[-1], Resumed)
    assert desk.ledger.unknown == NOTHING
    check_books(desk)


def test_a_refused_key_ends_all_calls_after_those_on_the_wire() -> None:
    desk = Desk(concurrency=4)
    with running(StubModels(script(then="unauthorized"))) as stub:
        outcomes = desk.ask(stub, 30)
    kinds = {o.kind for o in outcomes if isinstance(o, CallError)}
    assert kinds == {"authentication", "stopped"}
    assert len(stub.requests) <= 4
    assert [type(e) for e in desk.endpoint] == [Stopped]
    check_books(desk)


def all_faults(seed: int) -> Plan:
    terminal = {"unauthorized", "forbidden", "missing model", "redirect", "quota"}
    slow = {"silence", "slow drip", "20 MB"}
    names = [n for n in FAULTS if n not in terminal | slow | {"overstated usage", "ok"}]
    return mixture({name: 0.5 / len(names) for name in names}, seed)


@pytest.mark.parametrize("concurrency", [1, 16, 64])
def test_every_fault_at_once_ends_with_the_books_in_order(concurrency: int) -> None:
    budget = WORST.usd * 150
    desk = Desk(usd=budget, concurrency=concurrency, patience=ENDLESS)
    with running(StubModels(all_faults(concurrency))) as stub:
        outcomes = desk.ask(stub, 100)
    assert all(isinstance(o, Reply | CallError | BudgetEndedError) for o in outcomes)
    assert sum(isinstance(o, Reply) for o in outcomes) >= 50
    assert (desk.ledger.spent + desk.ledger.unknown).usd <= budget
    assert len(stub.requests) <= len(desk.of(Sent))
    check_books(desk)


def test_a_call_that_timed_out_may_have_been_paid_for() -> None:
    desk = Desk(timeout_s=0.2, patience=ENDLESS)
    with running(StubModels(script("silence"))) as stub:
        desk.ask(stub)
    first = desk.of(Failed)[0]
    assert (first.error.kind, first.is_known, first.spent) == (
        "timeout",
        False,
        desk.calls[0].worst,
    )
    check_books(desk)


def test_a_cancelled_call_may_have_been_paid_for() -> None:
    desk = Desk()

    async def go(stub: StubModels) -> None:
        caller = desk.caller(stub)
        task = asyncio.create_task(caller.complete(request(MODEL), desk.calls.append))
        while not desk.of(Sent):
            await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await caller.close()

    with running(StubModels(script("silence"))) as stub:
        run(go(stub))
    assert [type(e) for e in desk.calls] == [Sent, Cancelled]
    assert desk.ledger.unknown == desk.of(Sent)[0].worst
    check_books(desk)


def test_nothing_is_sent_that_was_not_told_before() -> None:
    """A journal that fails keeps the request from the wire."""
    desk = Desk()

    class FullDiskError(Exception):
        pass

    def fail(event: CallEvent) -> None:
        raise FullDiskError

    async def go(stub: StubModels) -> None:
        caller = desk.caller(stub)
        with pytest.raises(FullDiskError):
            await caller.complete(request(MODEL), fail)
        await caller.close()

    with running() as stub:
        run(go(stub))
        assert stub.requests == []
    assert desk.ledger.used == NOTHING

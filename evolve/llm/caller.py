"""A paid call made safe: slot, pause, minute's share, reservation, call, booking, another try."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np

from archive.entry import Amount
from evolve.llm.breaker import Breaker
from evolve.llm.failure import CallError
from evolve.llm.limiter import Limiter
from evolve.llm.message import Client, Reply, Request
from evolve.llm.prices import Price
from evolve.llm.purse import Purse
from evolve.llm.retrying import Backoff, retrying
from evolve.llm.spending import NOTHING, Reservation, actual, worst_case
from evolve.llm.timing import Sleep


@dataclass(frozen=True, slots=True)
class Sent:
    """A call is about to go on the wire. Told before it does: write it down first."""

    call: int
    request: Request
    worst: Amount


@dataclass(frozen=True, slots=True)
class Answered:
    """A reply came; told before anybody makes use of it."""

    call: int
    reply: Reply
    spent: Amount  # what was booked; where no usage was reported, the worst case
    is_known: bool  # whether the endpoint reported a usage: otherwise `spent` is unknown spend


@dataclass(frozen=True, slots=True)
class Failed:
    """A call gave nothing usable. `error.reply` and `error.raw` hold what came nevertheless."""

    call: int
    error: CallError
    spent: Amount
    is_known: bool


@dataclass(frozen=True, slots=True)
class Cancelled:
    """A call was given up while on the wire; `spent`, its worst case, is unknown spend."""

    call: int
    spent: Amount


CallEvent = Sent | Answered | Failed | Cancelled


CallObserver = Callable[[CallEvent], None]


class Caller:
    """One endpoint's calls within limits and budget, around a `Client`."""

    def __init__(
        self,
        client: Client,
        *,
        price: Price | None,
        purse: Purse,
        limiter: Limiter,
        breaker: Breaker,
        backoff: Backoff,
        rng: np.random.Generator,
        sleep: Sleep,
    ) -> None:
        self.breaker = breaker
        self._client = client
        self._price = price
        self._purse = purse
        self._limiter = limiter
        self._backoff = backoff
        self._rng = rng
        self._sleep = sleep

    def worst_case(self, request: Request) -> Amount:
        """The most that one call for this request can come to."""
        return worst_case(request, self._price)

    async def complete(self, request: Request, observer: CallObserver) -> Reply:
        """The reply to a request, with what it cost.

        Every `Sent` that the observer is told is followed by one event with the same `call`, unless
        the process dies. Where the observer raises at `Sent`, the call is not sent and costs
        nothing.

        Raises:
            CallError: no attempt gave a reply.
            BudgetEndedError: the budget does not pay for the request's worst case.
        """
        return await retrying(
            lambda: self._attempt(request, observer),
            self._backoff,
            rng=self._rng,
            sleep=self._sleep,
            is_excused=lambda: self.breaker.is_open,
        )

    async def close(self) -> None:
        """Give the connections back."""
        await self._client.close()

    async def _attempt(self, request: Request, observer: CallObserver) -> Reply:
        worst = self.worst_case(request)
        # nothing is taken while the endpoint is paused: the reservation comes after admission
        async with self._limiter.slot(), self.breaker.admission() as is_probe:
            reservation = await self._begin(request, worst, is_probe, observer)
            try:
                return await self._call(request, reservation, observer)
            finally:
                if self._purse.ledger.is_open(reservation):  # cancelled, or a fault of ours
                    self._purse.lose(reservation)
                    observer(Cancelled(reservation.number, worst))

    async def _begin(
        self, request: Request, worst: Amount, is_probe: bool, observer: CallObserver
    ) -> Reservation:
        """Take what a call needs and tell that it is sent; what keeps it from that gives it back.

        Raises CallError when the endpoint was stopped or paused since the admission.
        """
        await self._limiter.take(worst.tokens)
        with ExitStack() as taken:
            taken.callback(self._limiter.untake, worst.tokens)
            reservation = await self._purse.reserve(worst)
            taken.callback(self._purse.release, reservation)
            self.breaker.check(is_probe)  # both may have waited for minutes
            observer(Sent(reservation.number, request, worst))
            taken.pop_all()
        return reservation

    async def _call(
        self, request: Request, reservation: Reservation, observer: CallObserver
    ) -> Reply:
        try:
            reply = await self._client.complete(request)
        except CallError as error:
            spent, is_known = self._book(reservation, error.reply, error.is_free)
            observer(Failed(reservation.number, error, spent, is_known))
            raise
        reply = self._priced(reply)
        spent, is_known = self._book(reservation, reply, is_free=False)
        observer(Answered(reservation.number, reply, spent, is_known))
        return reply

    def _priced(self, reply: Reply) -> Reply:
        if self._price is None or reply.usage is None:
            return reply
        return dataclasses.replace(reply, usd=self._price.cost_usd(reply.usage))

    def _book(
        self, reservation: Reservation, reply: Reply | None, is_free: bool
    ) -> tuple[Amount, bool]:
        """What is booked for a call, and whether that is known to be what it cost."""
        if is_free:
            self._purse.release(reservation)
            self._limiter.give_back(reservation.worst.tokens)
            return NOTHING, True
        if reply is None or reply.usage is None:
            self._purse.lose(reservation)
            return reservation.worst, False
        spent = actual(reply.usage, self._price)
        self._limiter.give_back(max(reservation.worst.tokens - spent.tokens, 0))
        if self._purse.settle(reservation, spent):
            self.breaker.stop(_excess(spent, reservation.worst))
        return spent, True


def _excess(spent: Amount, worst: Amount) -> str:
    return (
        f"it reported {spent.tokens} tokens (${spent.usd:.4f}) for a call that could use "
        f"{worst.tokens} (${worst.usd:.4f}) at most"
    )

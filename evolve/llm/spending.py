"""What calls may cost at most, what they did cost, and what is left: pure arithmetic."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from archive.entry import Amount
from evolve.llm.message import Request, Usage
from evolve.llm.prices import Price

# Beside the messages' own bytes: what chat templates put around a message, and the system text
# that some servers add of their own (at most some 80 tokens in the templates of Qwen, Llama 3 and
# gpt-oss). Usage above the worst case stops the endpoint, so this errs upwards.
_TOKENS_PER_MESSAGE = 16
_TOKENS_PER_REQUEST = 256


NOTHING = Amount()


def worst_case(request: Request, price: Price | None) -> Amount:
    """The most that a request can use: no tokenizer in use makes more tokens than bytes."""
    written = sum(len(m.content.encode()) for m in request.messages)
    inputs = written + _TOKENS_PER_MESSAGE * len(request.messages) + _TOKENS_PER_REQUEST
    total = inputs + request.max_output_tokens
    if price is None:
        return Amount(total, unpriced_tokens=total)
    return Amount(total, price.worst_usd(inputs, request.max_output_tokens))


def actual(usage: Usage, price: Price | None) -> Amount:
    """What a call used."""
    total = usage.total_tokens
    if price is None:
        return Amount(total, unpriced_tokens=total)
    return Amount(total, price.cost_usd(usage))


@dataclass(frozen=True, slots=True)
class Reservation:
    """Taken out of the budget before a call; closed once, by `settle`, `release` or `lose`."""

    number: int
    worst: Amount


class Ledger:
    """One run's budget in dollars and tokens.

    Invariant: spent + reserved + unknown <= budget, unless an endpoint reports more than was
    reserved. `unknown` is what calls may have cost whose answer never came.
    """

    def __init__(
        self,
        *,
        usd: Decimal | None,
        tokens: int | None,
        spent: Amount = NOTHING,
        unknown: Amount = NOTHING,
        numbers: Iterator[int],
    ) -> None:
        self.usd = usd
        self.tokens = tokens
        self.spent = spent
        self.unknown = unknown
        self._numbers = numbers
        self._open: dict[int, Reservation] = {}

    @property
    def reserved(self) -> Amount:
        """For calls on the wire."""
        return sum((r.worst for r in self._open.values()), NOTHING)

    @property
    def used(self) -> Amount:
        """All that is no longer to be had."""
        return self.spent + self.unknown + self.reserved

    def reserve(self, worst: Amount) -> Reservation | None:
        """Take the worst case of a call; None when it is not left."""
        if not self._fits(self.used + worst):
            return None
        reservation = Reservation(next(self._numbers), worst)
        self._open[reservation.number] = reservation
        return reservation

    def is_out_of_reach(self, worst: Amount) -> bool:
        """Whether it does not fit even if all calls on the wire turn out to be free."""
        return not self._fits(self.spent + self.unknown + worst)

    def settle(self, reservation: Reservation, amount: Amount) -> bool:
        """Book what a call used, in full; whether that is more than was reserved."""
        self._close(reservation)
        self.spent += amount
        return amount.exceeds(reservation.worst)

    def release(self, reservation: Reservation) -> None:
        """Give back what a call reserved that certainly cost nothing."""
        self._close(reservation)

    def lose(self, reservation: Reservation) -> None:
        """Book at its worst case a call of which nobody knows what it cost."""
        self._close(reservation)
        self.unknown += reservation.worst

    def is_open(self, reservation: Reservation) -> bool:
        """Whether nothing was booked for it yet."""
        return reservation.number in self._open

    def _close(self, reservation: Reservation) -> None:
        del self._open[reservation.number]

    def _fits(self, amount: Amount) -> bool:
        within_usd = self.usd is None or amount.usd <= self.usd
        return within_usd and (self.tokens is None or amount.tokens <= self.tokens)

"""The ledger as concurrent calls use it: a reservation waits for others to be settled."""

from __future__ import annotations

import asyncio

from archive.entry import Amount
from evaluators.errors import AdrsError
from evolve.llm.spending import Ledger, Reservation


class BudgetEndedError(AdrsError):
    """What is left does not pay for the worst case of a call."""


class Purse:
    """Hands out reservations and books what became of them; shared by all endpoints of a run."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._booked = asyncio.Event()

    async def reserve(self, worst: Amount) -> Reservation:
        """Take the worst case of a call, after waiting for what is on the wire if it must be.

        Raises:
            BudgetEndedError: it will not fit, whatever becomes of the calls on the wire.
        """
        while (reservation := self.ledger.reserve(worst)) is None:
            if self.ledger.is_out_of_reach(worst):
                raise BudgetEndedError(_shortfall(self.ledger, worst))
            await self._booked.wait()
        return reservation

    def settle(self, reservation: Reservation, amount: Amount) -> bool:
        """Book what a call used; whether that is more than was reserved."""
        is_over = self.ledger.settle(reservation, amount)
        self._wake()
        return is_over

    def release(self, reservation: Reservation) -> None:
        """Give back what a call reserved that certainly cost nothing."""
        self.ledger.release(reservation)
        self._wake()

    def lose(self, reservation: Reservation) -> None:
        """Book at its worst case a call of which nobody knows what it cost."""
        self.ledger.lose(reservation)
        self._wake()

    def _wake(self) -> None:
        self._booked.set()
        self._booked = asyncio.Event()


def _shortfall(ledger: Ledger, worst: Amount) -> str:
    left = []
    gone = ledger.spent + ledger.unknown
    if ledger.usd is not None:
        left.append(f"${ledger.usd - gone.usd:.4f} of ${ledger.usd}")
    if ledger.tokens is not None:
        left.append(f"{ledger.tokens - gone.tokens} of {ledger.tokens} tokens")
    return f"{' and '.join(left)} left; a call may take ${worst.usd:.4f}, {worst.tokens} tokens"

"""How many calls an endpoint gets at once, and how many calls and tokens in a minute."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from evolve.llm.timing import Timing

_MINUTE_S = 60.0


class TokenBucket:
    """Fills by `per_minute` a minute up to one minute's worth; whoever comes first is first."""

    def __init__(self, per_minute: float, timing: Timing) -> None:
        self._capacity = per_minute
        self._level = per_minute
        self._timing = timing
        self._filled_at_s = timing.clock()
        self._turn = asyncio.Lock()

    async def take(self, amount: float) -> None:
        """Wait until there is so much (or the bucket is full), then take it.

        More than the bucket holds leaves it in debt: those who come later wait for that.
        """
        async with self._turn:
            missing = min(amount, self._capacity) - self._filled()
            if missing > 0:
                await self._timing.sleep(missing * _MINUTE_S / self._capacity)
            self._level = self._filled() - amount

    def give_back(self, amount: float) -> None:
        """What was taken and not needed."""
        self._level = min(self._capacity, self._filled() + amount)

    def _filled(self) -> float:
        now_s = self._timing.clock()
        gained = (now_s - self._filled_at_s) * self._capacity / _MINUTE_S
        self._filled_at_s = now_s
        self._level = min(self._capacity, self._level + gained)
        return self._level


class Limiter:
    """One endpoint's limits; None: no limit of that kind."""

    def __init__(
        self,
        concurrency: int,
        *,
        requests_per_minute: float | None = None,
        tokens_per_minute: float | None = None,
        timing: Timing,
    ) -> None:
        self._slots = asyncio.Semaphore(concurrency)
        self._requests = TokenBucket(requests_per_minute, timing) if requests_per_minute else None
        self._tokens = TokenBucket(tokens_per_minute, timing) if tokens_per_minute else None

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """One of the calls that may be on the wire at once."""
        async with self._slots:
            yield

    async def take(self, tokens: int) -> None:
        """Wait for the minute's share of one call that may use so many tokens."""
        if self._requests:
            await self._requests.take(1)
        if self._tokens:
            await self._tokens.take(tokens)

    def give_back(self, tokens: int) -> None:
        """Tokens that were taken at the worst case and not used."""
        if self._tokens:
            self._tokens.give_back(tokens)

    def untake(self, tokens: int) -> None:
        """The whole share of a call that was not sent."""
        if self._requests:
            self._requests.give_back(1)
        self.give_back(tokens)

"""Clock and sleep as one argument, so that a test may have its own time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds from anywhere on, never backwards; and how to wait for some."""

    clock: Callable[[], float] = time.monotonic
    sleep: Sleep = asyncio.sleep

    async def wait(self, event: asyncio.Event, longest_s: float) -> None:
        """Until the event is set, or the seconds are over."""
        first = [asyncio.ensure_future(self.sleep(longest_s)), asyncio.ensure_future(event.wait())]
        try:
            await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for waiting in first:
                waiting.cancel()
            await asyncio.gather(*first, return_exceptions=True)

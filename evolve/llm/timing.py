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

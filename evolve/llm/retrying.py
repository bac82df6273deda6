"""Trying again: exponential backoff with full jitter, never before the endpoint says.

Source of the jitter: Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import numpy as np

from evolve.llm.failure import CallError
from evolve.llm.message import Reply
from evolve.llm.timing import Sleep


@dataclass(frozen=True, slots=True)
class Backoff:
    """How often and how long.

    Attributes:
        attempts: calls in all.
        first_s: the longest wait after the first failure; it doubles with each.
        longest_s: the longest wait by doubling. A Retry-After comes on top.
        deadline_s: all waits together. The calls have their own time-out.
    """

    attempts: int = 6
    first_s: float = 1.0
    longest_s: float = 60.0
    deadline_s: float = 600.0

    def wait_s(
        self, failures: int, waited_s: float, error: CallError, rng: np.random.Generator
    ) -> float | None:
        """Seconds to wait before the next attempt; None when there is to be none."""
        if not error.is_retryable or failures >= self.attempts:
            return None
        ceiling_s = min(self.longest_s, self.first_s * 2.0 ** (failures - 1))
        wait_s = (error.retry_after_s or 0.0) + float(rng.uniform(0.0, ceiling_s))
        return wait_s if waited_s + wait_s <= self.deadline_s else None


async def retrying(
    attempt: Callable[[], Awaitable[Reply]],
    backoff: Backoff,
    *,
    rng: np.random.Generator,
    sleep: Sleep,
    is_excused: Callable[[], bool],
) -> Reply:
    """The first reply that an attempt gives.

    Args:
        attempt: makes one call.
        backoff: when to give up.
        rng: for the jitter.
        sleep: waits.
        is_excused: whether the endpoint is paused: then a failure is not this request's, it does
            not count, and the next attempt waits where the pause is kept.

    Raises:
        CallError: the last attempt's.
    """
    failures, waited_s = 0, 0.0
    while True:
        try:
            return await attempt()
        except CallError as error:
            if error.is_retryable and is_excused():
                continue
            failures += 1
            wait_s = backoff.wait_s(failures, waited_s, error, rng)
            if wait_s is None:
                raise
        waited_s += wait_s
        await sleep(wait_s)

"""What wakes the engine; while it sleeps, calls to models make progress."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any


class Bell:
    """An event loop that runs only while the engine waits: all else happens in one thread.

    So a call's row is written between two steps of the engine, and nothing needs a lock.
    """

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._rung = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._fault: BaseException | None = None

    def ring(self) -> None:
        """Wake the engine; from any thread, and for nothing once it is gone."""
        with suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(self._rung.set)

    def start(self, task: Coroutine[Any, Any, None]) -> None:
        """Let a task run whenever the engine sleeps."""
        started = self._loop.create_task(task)
        self._tasks.add(started)
        started.add_done_callback(self._ended)

    def sleep(self, longest_s: float) -> bool:
        """Until the bell is rung; whether it was in that time. Raises what a task raised."""
        is_rung = self._loop.run_until_complete(self._until_rung(longest_s))
        if self._fault is not None:
            raise self._fault
        return is_rung

    def turn(self) -> None:
        """Let tasks go on as far as they can without waiting."""
        self._loop.run_until_complete(asyncio.sleep(0))

    def finish(self, last: Coroutine[Any, Any, None]) -> None:
        """Cancel what still runs and let it put its things in order; then do a last thing."""
        self._cancel()
        self._loop.run_until_complete(last)

    def close(self) -> None:
        """Cancel what still runs, and let it put its things in order."""
        self._cancel()
        self._loop.close()

    def _cancel(self) -> None:
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            self._loop.run_until_complete(asyncio.gather(*self._tasks, return_exceptions=True))

    async def _until_rung(self, longest_s: float) -> bool:
        try:
            async with asyncio.timeout(longest_s):
                return await self._rung.wait()
        except TimeoutError:
            return self._rung.is_set()  # both may happen at once
        finally:
            self._rung.clear()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._rung.set()
        if not task.cancelled():
            self._fault = self._fault or task.exception()

"""A circuit breaker: an endpoint that fails is left alone for a while, and it is said.

Closed, calls pass. After some failures in a row it opens: calls wait, and cost nothing. When the
pause is over one call probes; it closes the circuit, or doubles the pause. What no waiting mends
(a refused key, a missing model, a usage above what was reserved) stops the endpoint for good.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from evolve.llm.failure import CallError
from evolve.llm.timing import Timing


@dataclass(frozen=True, slots=True)
class Paused:
    """The endpoint gets no calls for a while."""

    endpoint: str
    reason: str
    pause_s: float


@dataclass(frozen=True, slots=True)
class Resumed:
    """The endpoint answers again."""

    endpoint: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """The endpoint gets no more calls in this run."""

    endpoint: str
    reason: str


EndpointEvent = Paused | Resumed | Stopped


@dataclass(frozen=True, slots=True)
class Patience:
    """When to pause and when to stop.

    Attributes:
        failures: in a row, after which the endpoint is paused.
        first_pause_s: the first pause; it doubles with each failed probe.
        longest_pause_s: the longest pause by doubling; a longer Retry-After is kept all the same.
        give_up_s: after so long without an answer the endpoint is stopped.
        useless: replies in a row that were of no use (refused, filtered, cut off, empty), after
            which it is stopped: they may all be paid for.
    """

    failures: int = 5
    first_pause_s: float = 10.0
    longest_pause_s: float = 300.0
    give_up_s: float = 3600.0
    useless: int = 20


class Breaker:
    """One endpoint's circuit."""

    def __init__(
        self,
        endpoint: str,
        *,
        timing: Timing,
        observer: Callable[[EndpointEvent], None],
        patience: Patience | None = None,
    ) -> None:
        self.endpoint = endpoint
        self._timing = timing
        self._observer = observer
        self._patience = patience or Patience()
        self._failures = 0  # in a row, of the endpoint
        self._useless = 0  # in a row, of requests
        self._opened_at_s: float | None = None  # None: closed
        self._pause_s = 0.0
        self._probe_at_s = 0.0
        self._is_probing = False
        self._stopped: str | None = None
        self._changed = asyncio.Event()

    @property
    def is_open(self) -> bool:
        """Whether calls wait."""
        return self._opened_at_s is not None

    @property
    def stopped(self) -> str | None:
        """Why no call passes any more; None while calls do."""
        return self._stopped

    def stop(self, reason: str) -> None:
        """Let no call pass any more."""
        if self._stopped is None:
            self._stopped = reason
            self._observer(Stopped(self.endpoint, reason))
            self._wake()

    @asynccontextmanager
    async def admission(self) -> AsyncIterator[bool]:
        """Wait until a call may pass; what becomes of the body is what became of the call.

        Yields whether the call is a probe, for `check`.

        Raises:
            CallError: `stopped`, when none may ever pass.
        """
        is_probe = await self._admit()
        try:
            yield is_probe
        except CallError as error:
            self._judge(error, is_probe)
            raise
        else:
            self._answered(is_probe)
            self._useless = 0
        finally:
            if is_probe:
                self._is_probing = False
                self._wake()

    def check(self, is_probe: bool) -> None:
        """Look again before a call is sent: it may have waited since its admission.

        Raises:
            CallError: `stopped`, or `paused`, since then.
        """
        if self._stopped is not None:
            raise CallError("stopped", f"{self.endpoint}: {self._stopped}")
        if self.is_open and not is_probe:
            raise CallError("paused", f"{self.endpoint}: not sent")

    # -- waiting -----------------------------------------------------------------------------

    async def _admit(self) -> bool:
        """Whether the call that may pass now is a probe."""
        while self._stopped is None and self.is_open:
            left_s = self._probe_at_s - self._timing.clock()
            if self._is_probing:
                await self._changed.wait()
            elif left_s > 0:
                await self._timing.wait(self._changed, left_s)
            else:
                self._is_probing = True
                return True
        self.check(is_probe=False)
        return False

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    # -- judging -----------------------------------------------------------------------------

    def _judge(self, error: CallError, is_probe: bool) -> None:
        if error.concerns == "account":
            self.stop(str(error))
        elif error.concerns == "request":
            self._answered(is_probe)
            self._of_no_use(error)
        elif is_probe:
            self._open(error, self._pause_s * 2)
        elif not self.is_open:  # else the call was made before the pause
            self._failures += 1
            if self._failures >= self._patience.failures:
                self._open(error, self._patience.first_pause_s)

    def _open(self, error: CallError, pause_s: float) -> None:
        now_s = self._timing.clock()
        self._opened_at_s = now_s if self._opened_at_s is None else self._opened_at_s
        self._pause_s = min(pause_s, self._patience.longest_pause_s)
        wait_s = max(self._pause_s, error.retry_after_s or 0.0)
        silent_s = now_s - self._opened_at_s
        if max(silent_s, wait_s) >= self._patience.give_up_s:
            self.stop(f"no answer for {silent_s:.0f} s, next try in {wait_s:.0f} s: {error}")
            return
        self._probe_at_s = now_s + wait_s
        self._observer(Paused(self.endpoint, str(error), wait_s))

    def _answered(self, is_probe: bool) -> None:
        if self.is_open and not is_probe:
            return  # the call was made before the pause, which the endpoint may have asked for
        self._failures = 0
        if self.is_open:
            self._opened_at_s = None
            self._observer(Resumed(self.endpoint))
            self._wake()

    def _of_no_use(self, error: CallError) -> None:
        self._useless += 1
        if self._useless >= self._patience.useless:
            self.stop(f"{self._useless} replies in a row were of no use; the last: {error}")

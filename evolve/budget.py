"""What a run may spend: evaluations of candidates on the search split, and seconds."""

from __future__ import annotations

from collections.abc import Callable

from evolve.events import StopReason

Clock = Callable[[], float]


class Budget:
    """Reserves an evaluation before it is spent; duplicates and confirming runs are free.

    Seconds count from this start or resumption; whether they ran out is read from the clock and
    journalled by whoever stops, so no decision of a replay depends on it.
    """

    def __init__(self, evaluations: int, seconds: float | None, clock: Clock) -> None:
        self.evaluations = evaluations
        self.seconds = seconds
        self.reserved = 0
        self._clock = clock
        self._started = clock()

    def reserve(self) -> None:
        """Take one evaluation."""
        self.reserved += 1

    def ended(self) -> StopReason | None:
        """What ran out, if anything did."""
        if self.is_overtime:
            return "seconds"
        return "evaluations" if self.reserved >= self.evaluations else None

    @property
    def is_overtime(self) -> bool:
        """Whether the seconds ran out."""
        return self.seconds is not None and self.elapsed_s >= self.seconds

    @property
    def elapsed_s(self) -> float:
        """Seconds since the start or resumption."""
        return self._clock() - self._started

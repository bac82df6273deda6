"""What a run may spend: evaluations of candidates on the search split, and seconds."""

from __future__ import annotations

from collections.abc import Callable

Clock = Callable[[], float]


class Budget:
    """Duplicates and confirming runs are free.

    Seconds count from this start or resumption; whether they ran out is read from the clock and
    journalled by whoever stops, so no decision of a replay depends on it.
    """

    def __init__(self, evaluations: int, seconds: float | None, clock: Clock) -> None:
        self.evaluations = evaluations
        self.seconds = seconds
        self._clock = clock
        self._started = clock()

    def allows(self, reserved: int) -> bool:
        """Whether there is an evaluation beyond those that are spent or spoken for."""
        return reserved < self.evaluations

    @property
    def is_overtime(self) -> bool:
        """Whether the seconds ran out."""
        return self.seconds is not None and self.elapsed_s >= self.seconds

    @property
    def elapsed_s(self) -> float:
        """Seconds since the start or resumption."""
        return self._clock() - self._started

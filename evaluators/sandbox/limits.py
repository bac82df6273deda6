"""Holds a wait for the child to its limits.

Time is effective time: the child's CPU seconds, or a quarter of the seconds waited if that is more.
So a busy machine does not make a good policy late, and one that sleeps does not wait for ever.
"""

from __future__ import annotations

from typing import Literal

WALL_FACTOR = 4


def effective_s(cpu_s: float, wall_s: float) -> float:
    """What counts against a limit."""
    return max(cpu_s, wall_s / WALL_FACTOR)


class Watch:
    """One wait: a limit per call, and a total that no forged call index gets around.

    Clocks are arguments: the child's CPU clock and a monotonic one, both in seconds.
    """

    def __init__(self, call_s: float, total_s: float, cpu_s: float, wall_s: float) -> None:
        self._call_s = call_s
        self._total_s = total_s
        self._start = self._call_start = (cpu_s, wall_s)
        self._served = 0

    def spent_s(self, cpu_s: float, wall_s: float) -> float:
        """Effective time since the wait began."""
        return effective_s(cpu_s - self._start[0], wall_s - self._start[1])

    def overrun(self, served: int, cpu_s: float, wall_s: float) -> Literal["call", "total"] | None:
        """What took too long, while call number `served` is being answered."""
        if served != self._served:
            self._served = served
            self._call_start = (cpu_s, wall_s)
        cpu, wall = self._call_start
        if effective_s(cpu_s - cpu, wall_s - wall) > self._call_s:
            return "call"
        return "total" if self.spent_s(cpu_s, wall_s) > self._total_s else None

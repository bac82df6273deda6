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


class Allowance:
    """What all decisions of a child may take together, in seconds of effective time."""

    def __init__(self, total_s: float) -> None:
        self.total_s = total_s
        self.waited_s = 0.0
        self._cpu_start_s = 0.0

    def start(self, cpu_s: float) -> None:
        """From here on the child's CPU time counts, and what is waited for it."""
        self._cpu_start_s = cpu_s
        self.waited_s = 0.0

    def left_s(self, cpu_s: float) -> float:
        """What is left when the child's CPU clock reads `cpu_s`."""
        return self.total_s - effective_s(cpu_s - self._cpu_start_s, self.waited_s)


class Watch:
    """One wait: a limit per call, and a total that no forged call index gets around.

    Clocks are arguments: the child's CPU clock and a monotonic one, both in seconds.
    """

    def __init__(self, call_s: float, total_s: float, cpu_s: float, wall_s: float) -> None:
        self._call_s = call_s
        self._total_s = total_s
        self._start = self._call_start = (cpu_s, wall_s)
        self._served = 0

    def overrun(self, served: int, cpu_s: float, wall_s: float) -> Literal["call", "total"] | None:
        """What took too long, while call number `served` is being answered."""
        if served != self._served:
            self._served = served
            self._call_start = (cpu_s, wall_s)
        if self._since(self._call_start, cpu_s, wall_s) > self._call_s:
            return "call"
        return "total" if self._since(self._start, cpu_s, wall_s) > self._total_s else None

    @staticmethod
    def _since(start: tuple[float, float], cpu_s: float, wall_s: float) -> float:
        return effective_s(cpu_s - start[0], wall_s - start[1])

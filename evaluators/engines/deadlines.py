"""The fewest deadlines that one machine misses: a limit on what any server keeps in time."""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Due:
    """Work with a deadline each: float64[n], seconds; what is already lost is left out."""

    release_s: np.ndarray
    work_s: np.ndarray
    deadline_s: np.ndarray

    def within(self, start_s: float, stop_s: float) -> Due:
        """What is released from `start_s` on and due before `stop_s`."""
        inside = (self.release_s >= start_s) & (self.deadline_s < stop_s)
        return Due(self.release_s[inside], self.work_s[inside], self.deadline_s[inside])


def fewest_late(due: Due) -> int:
    """The fewest late jobs on one machine, all at hand at the first release (Moore 1968)."""
    order = np.argsort(due.deadline_s, kind="stable")
    start_s = busy_until_s = float(due.release_s.min(initial=math.inf))
    longest: list[float] = []  # heap of what is in time so far, by its work, negated
    slack_s = 1e-9 * max(1.0, start_s)  # rounding of the simulator's clock
    for work_s, deadline_s in zip(
        due.work_s[order].tolist(), due.deadline_s[order].tolist(), strict=True
    ):
        heapq.heappush(longest, -work_s)
        busy_until_s += work_s
        if busy_until_s > deadline_s + slack_s:
            busy_until_s += heapq.heappop(longest)
    return len(order) - len(longest)

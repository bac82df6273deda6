"""A total tardiness that no sequence beats, for instances too large for decomposition.

Lagrangian relaxation of the machine's capacity (the time-indexed formulation of Sousa and Wolsey
1992, with a price per interval instead of one per time unit). Let the time of the machine cost
`price[b]` per unit in interval b. The machine is busy from 0 to the end, so all jobs together pay
the same for it in every sequence, `paid`, and

    least total tardiness >= sum over jobs of min over C of (tardiness at C + price of (C - p, C])
                             - paid

for any prices whatever: the minima let every job choose its time C without regard to the others.
Each is attained at a corner of a piecewise linear function. Prices are improved by subgradient
steps (Held, Wolfe and Crowder 1974) from those that a good sequence suggests: a unit of time is
worth the number of late jobs that come after it. Prices are made of drops, none of them negative,
at the ends of intervals: no proof needs it, but with 500 jobs 400 steps in drops came within 3 % of
an optimum from which steps in prices stayed 14 % away.
"""

from __future__ import annotations

import math

import numpy as np

from evaluators.problems.single_machine_tardiness.simulator import tardiness

INTERVALS_PER_JOB = 1
STEPS = 400
PATIENCE = 8  # steps without a better bound before steps are halved
MOMENTUM = 0.7  # share of the last direction that is kept
ROUNDING = 1e-9  # relative; far above what sums of some thousand float64 lose


def total_tardiness_bound(processing_time: np.ndarray, due_date: np.ndarray) -> int:
    """At most the total tardiness of any sequence, in time units.

    Args:
        processing_time: int64[jobs], time units, at least 1.
        due_date: int64[jobs], time units.
    """
    sequence = modified_due_date(processing_time, due_date)
    late = tardiness(processing_time, due_date, sequence)
    relaxed = Relaxation(processing_time, due_date, INTERVALS_PER_JOB * len(due_date))
    done = np.cumsum(processing_time[sequence])[late > 0]
    drop = np.histogram(done, relaxed.edge)[0].astype(float)
    best = ascend(relaxed, drop, float(late.sum()))
    return max(0, math.ceil(best - ROUNDING * max(1.0, float(late.sum()))))


def ascend(relaxed: Relaxation, drop: np.ndarray, target: float) -> float:
    """The best bound that subgradient steps find from these prices on.

    Args:
        relaxed: the instance.
        drop: float64[intervals], by how much the price falls at the end of each.
        target: what the bound cannot pass: the total tardiness of some sequence.
    """
    best, best_drop, stale, scale = -math.inf, drop, 0, 1.0
    direction = np.zeros_like(drop)
    for _ in range(STEPS):
        bound, excess = relaxed.bound(np.cumsum(drop[::-1])[::-1])
        stale += 1
        if bound > best:
            best, best_drop, stale = bound, drop, 0
        direction = np.cumsum(excess) + MOMENTUM * direction
        norm = math.fsum(direction**2)  # a product `@` sums in an order that goes by the processor
        if norm == 0 or target - best < 1:
            break  # nobody is in another's way, or no whole number lies between
        if stale > PATIENCE:
            drop, direction, stale, scale = best_drop, 0 * direction, 0, scale / 2
            continue
        drop = np.maximum(drop + scale * (target - bound) / norm * direction, 0)
    return best


class Relaxation:
    """One instance with its time cut into intervals of equal length."""

    def __init__(self, processing_time: np.ndarray, due_date: np.ndarray, intervals: int) -> None:
        self._p = processing_time[:, None].astype(float)
        self._d = due_date[:, None].astype(float)
        end = float(processing_time.sum())
        self.edge = np.linspace(0, end, intervals + 1)
        edges = np.broadcast_to(self.edge, (len(due_date), intervals + 1))
        corners = np.hstack([edges, self.edge + self._p, self._d])
        self._done = np.clip(corners, self._p, end)  # float64[jobs, corners], completion times
        self._late = np.maximum(self._done - self._d, 0)

    def bound(self, price: np.ndarray) -> tuple[float, np.ndarray]:
        """The bound at these prices, and by how much jobs ask for more than each interval has."""
        paid = np.concatenate([[0.0], np.cumsum(price * np.diff(self.edge))])
        paid_until = np.interp(self._done, self.edge, paid)
        paid_before = np.interp(self._done - self._p, self.edge, paid)
        cost = self._late + paid_until - paid_before
        cheapest = cost.argmin(axis=1)[:, None]
        done = np.take_along_axis(self._done, cheapest, axis=1)
        used_until = np.clip(self.edge - (done - self._p), 0, self._p).sum(axis=0)
        value = np.take_along_axis(cost, cheapest, axis=1).sum() - paid[-1]
        return float(value), np.diff(used_until) - np.diff(self.edge)


def modified_due_date(processing_time: np.ndarray, due_date: np.ndarray) -> np.ndarray:
    """int64[jobs]: next is always the job of the least max(due date, earliest completion)."""
    left = np.argsort(processing_time, kind="stable")
    sequence, now = [], 0
    while left.size:
        at = int(np.maximum(due_date[left], now + processing_time[left]).argmin())
        sequence.append(left[at])
        now += int(processing_time[left[at]])
        left = np.delete(left, at)
    return np.array(sequence)

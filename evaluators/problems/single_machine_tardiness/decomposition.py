"""The least total tardiness of any sequence, by decomposition at the longest job.

Lawler (1977): number the jobs by due date; let j be the longest (of equal ones the one with the
latest due date). In some optimal sequence there is a position r, not before j's own, such that the
other jobs up to r precede j and those beyond r follow it. So the least total is the smallest, over
r, of that of the jobs before, of j, and of that of the jobs after, and both parts are problems of
the same kind. With C the completion time of j at r, only those r need a look for which

    C < d_i          of the job i at r + 1 (Lawler: it would have to precede j otherwise), and
    d_i + p_i <= C   of all jobs i between j's own position and r (Potts and Van Wassenhove 1982:
                     done after j instead, i would cost less than j gains).

Parts that recur are solved once. A part is settled at once where no sequence beats the largest
tardiness of the earliest due date first and that sequence attains it, or where all jobs are late
whatever comes first (then the shortest first is optimal).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate

import numpy as np

from evaluators.problems.single_machine_tardiness.simulator import earliest_due_date

Part = tuple[int, ...]  # jobs by due date


def least_total_tardiness(
    processing_time: np.ndarray, due_date: np.ndarray, most_parts: float = float("inf")
) -> int | None:
    """The optimum of 1 || sum T_j, in time units; None when it takes more than `most_parts`.

    Args:
        processing_time: int64[jobs], time units, at least 1; at most 500 jobs (it recurses).
        due_date: int64[jobs], time units.
        most_parts: how many different parts may be solved.
    """
    by_due_date = earliest_due_date(processing_time, due_date)
    search = _Decomposition(
        processing_time[by_due_date].tolist(), due_date[by_due_date].tolist(), most_parts
    )
    try:
        return search.least(tuple(range(len(by_due_date))), 0)
    except _TooManyPartsError:
        return None


class _TooManyPartsError(Exception):
    pass


class _Decomposition:
    """The jobs of one instance, and what is known of its parts."""

    def __init__(self, processing_time: list[int], due_date: list[int], most_parts: float) -> None:
        self._p = processing_time
        self._d = due_date
        self._most_parts = most_parts
        self._known: dict[tuple[Part, int], int] = {}

    def least(self, part: Part, start: int) -> int:
        """The least total tardiness of these jobs when the first of them starts at `start`."""
        if not part:
            return 0
        key = (part, start)
        if key in self._known:
            return self._known[key]
        if len(self._known) >= self._most_parts:
            raise _TooManyPartsError
        best = self._settled(part, start)
        if best is None:
            at = max(range(len(part)), key=lambda x: (self._p[part[x]], x))
            for r, done in self._positions(part, at, start):
                total = max(0, done - self._d[part[at]])
                if best is not None and total >= best:
                    break  # it only gets later
                total += self.least(part[:at] + part[at + 1 : r + 1], start)
                if best is None or total < best:
                    total += self.least(part[r + 1 :], done)
                    best = total if best is None else min(best, total)
            assert best is not None, "Lawler's theorem gives at least one position"
        self._known[key] = best
        return best

    def _settled(self, part: Part, start: int) -> int | None:
        p, d = self._p, self._d
        done = accumulate((p[i] for i in part), initial=start)
        next(done)
        late = [c - d[i] for i, c in zip(part, done, strict=True) if c > d[i]]
        if len(late) <= 1:  # no sequence has a smaller largest tardiness (Jackson 1955)
            return sum(late)
        if all(start + p[i] >= d[i] for i in part):
            shortest = accumulate(sorted(p[i] for i in part))
            return sum(shortest) + len(part) * start - sum(d[i] for i in part)
        return None

    def _positions(self, part: Part, at: int, start: int) -> Iterator[tuple[int, int]]:
        """Where the longest job may come, and when it is done there."""
        p, d = self._p, self._d
        done = start + sum(p[i] for i in part[: at + 1])
        before_done_by = 0  # the latest d + p of the jobs that come before it
        for r in range(at, len(part)):
            if r > at:
                i = part[r]
                done += p[i]
                before_done_by = max(before_done_by, d[i] + p[i])
            is_last = r + 1 == len(part)
            if before_done_by <= done and (is_last or done < d[part[r + 1]]):
                yield r, done

"""Who is too far behind the search front to be played on more than a few workloads.

A candidate is behind by as much as it trails, on the few, the member of the front that it trails
most. The bar is as high as it had to be for earlier candidates, but for a conformal quantile of
them: at most `ERROR_RATE` of the candidates that are like those before are eliminated though they
would have joined the front, whatever the problem, and however badly the few stand for all
(Angelopoulos, Bates, Fisch, Lei, Schuster: Conformal Risk Control, 2024, section 2).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from archive.entry import Entry
from evaluators.contract import Objective, Outcome, Score, Workload
from evaluators.scoring import aggregate, loss

ERROR_RATE = 0.01  # of the candidates
SHARE = 0.25  # of the workloads are the few


@dataclass(frozen=True)
class Bar:
    """What a candidate is held against: the front on the few, and how far behind is too far."""

    rivals: np.ndarray  # float64[members, objectives]: losses in steps of the resolution
    height: float  # in the same steps; infinite as long as too few candidates are known to tell

    def behind(self, point: np.ndarray) -> float:
        """In steps; 0 or less where no member is at least as good in every objective.

        Args:
            point: float64[objectives], losses in steps of the resolution.
        """
        if not len(self.rivals):
            return -math.inf
        trails = point - self.rivals
        is_as_good = (trails >= 0).all(axis=1)
        return float(np.where(is_as_good, trails.max(axis=1), trails.min(axis=1)).max())


def height(behind: Sequence[float]) -> float:
    """How far behind is too far; infinite for fewer than 99 candidates, and at least 0: who trails
    nobody on the few might be on the front of all.

    Args:
        behind: how far behind each earlier candidate was, minus infinity where it did not join the
            front and might have been eliminated; in ascending order.
    """
    rank = math.ceil((len(behind) + 1) * (1 - ERROR_RATE))
    return max(0.0, behind[rank - 1]) if rank <= len(behind) else math.inf


def point(
    objectives: Sequence[Objective], workloads: Sequence[Workload], outcome: Outcome
) -> np.ndarray:
    """float64[objectives]: aggregated losses on some workloads, in steps of the resolution.

    Raises:
        ValueError: it was not scored on them.
    """
    if not isinstance(outcome, Score):
        raise ValueError(f"not scored: {outcome.kind}: {outcome.message}")
    values = [aggregate(o, workloads, outcome.values[o.name]) for o in objectives]
    return np.array([loss(o, v) / o.resolution for o, v in zip(objectives, values, strict=True)])


def choose_few(
    workloads: Sequence[Workload], objectives: Sequence[Objective], entries: Sequence[Entry]
) -> list[Workload]:
    """A quarter of the workloads, on which the entries differ most nearly as they do on all.

    One after the other, each the one that brings the differences nearest; of equal ones the first.
    """
    whole = _points(objectives, workloads, entries)
    few: list[int] = []
    others = list(range(len(workloads)))
    while len(few) < math.ceil(SHARE * len(workloads)):
        tried = [[workloads[i] for i in (*few, other)] for other in others]
        errors = [_error(objectives, some, entries, whole) for some in tried]
        few.append(others.pop(int(np.argmin(errors))))
    return [workloads[i] for i in sorted(few)]


def _error(
    objectives: Sequence[Objective],
    few: Sequence[Workload],
    entries: Sequence[Entry],
    whole: np.ndarray,
) -> float:
    """The variance of what the few get wrong, as a share of each objective's own, summed."""
    wrong = (_points(objectives, few, entries) - whole).var(axis=0)
    spread = whole.var(axis=0)
    return float((wrong[spread > 0] / spread[spread > 0]).sum())


def _points(
    objectives: Sequence[Objective], workloads: Sequence[Workload], entries: Sequence[Entry]
) -> np.ndarray:
    """float64[entries, objectives]."""
    return np.array([point(objectives, workloads, e.outcome) for e in entries])

"""How well one quantity ranks what another one measures: Spearman's correlation, by cluster.

In numpy alone, for machines that have nothing else; `evaluators.stats` is what judges policies.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

LEAST_CLUSTERS = 8  # as in `evaluators.stats`: fewer give no interval
LEVEL = 0.95
RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Ranking:
    """A correlation, -1 to 1, and its percentile interval under resampled clusters."""

    estimate: float
    low: float | None
    high: float | None
    clusters: int
    rows: int


def spearman(a: np.ndarray, b: np.ndarray) -> float | None:
    """The correlation of their ranks; None where one of them has no two different values.

    Args:
        a: float64[n].
        b: float64[n].
    """
    ranks = [_ranks(x) for x in (a, b)]
    if any(np.ptp(r) == 0 for r in ranks):
        return None
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def _ranks(values: np.ndarray) -> np.ndarray:
    """float64[n]: ranks from 0; equal values share the mean of theirs."""
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    shared: np.ndarray = (last - (counts + 1) / 2)[which]
    return shared


def ranking(
    a: np.ndarray, b: np.ndarray, clusters: Sequence[Hashable], rng: np.random.Generator
) -> Ranking | None:
    """The correlation over all rows; None where there is none.

    Args:
        a: float64[n].
        b: float64[n].
        clusters: each row's cluster; rows of one are drawn together.
        rng: random numbers.
    """
    estimate = spearman(a, b)
    if estimate is None:
        return None
    members: dict[Hashable, list[int]] = {}
    for row, cluster in enumerate(clusters):
        members.setdefault(cluster, []).append(row)
    rows_of = [np.array(rows) for rows in members.values()]
    if len(rows_of) < LEAST_CLUSTERS:
        return Ranking(estimate, None, None, len(rows_of), len(a))
    found = []
    for _ in range(RESAMPLES):
        drawn = rng.integers(len(rows_of), size=len(rows_of))
        rows = np.concatenate([rows_of[i] for i in drawn])
        found.append(spearman(a[rows], b[rows]))
    known = [x for x in found if x is not None]
    low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Ranking(estimate, float(low), float(high), len(rows_of), len(a))

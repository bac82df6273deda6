"""Intervals for differences between policies, by resampling clusters.

Workloads of one cluster (blocks of the same trace, say) are not independent: clusters are drawn
with replacement, workloads never. Comparisons are paired: both policies played the same workloads.
Fewer than 8 clusters give no interval. A percentile interval of few clusters is too narrow, so its
tails are taken further out until they match Student's t for a mean (expanded percentile interval,
Hesterberg, What Teachers Should Know About the Bootstrap, 2015).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np

LEAST_CLUSTERS = 8
RESAMPLES = 2_000

Weights = np.ndarray  # int64[n]: how often each workload's cluster was drawn


@dataclass(frozen=True, slots=True)
class Interval:
    """A point estimate and, with enough clusters, its bootstrap interval.

    `low` and `high` are None when there is no interval; `note` says why.
    """

    estimate: float
    low: float | None
    high: float | None
    level: float
    clusters: int
    note: str = ""

    @property
    def excludes_zero(self) -> bool:
        """Whether there is an interval and zero lies outside."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


def bootstrap(
    statistic: Callable[[Weights], float],
    clusters: Sequence[Hashable],
    rng: np.random.Generator,
    resamples: int = RESAMPLES,
    level: float = 0.95,
) -> Interval:
    """The statistic on all workloads and its interval under resampled clusters.

    Args:
        statistic: a number from int64[n] weights, how often each workload counts; some are zero,
            and whole families may be.
        clusters: each of the n workloads' cluster.
        rng: random numbers.
        resamples: draws of as many clusters as there are.
        level: coverage of the interval.

    Raises:
        ValueError: no workload.
    """
    if len(clusters) == 0:
        raise ValueError("no workload to resample")
    names = list(dict.fromkeys(clusters))
    member_of = np.array([names.index(c) for c in clusters])
    estimate = statistic(np.ones(len(clusters), dtype=np.int64))
    if len(names) < LEAST_CLUSTERS:
        note = f"no interval: {len(names)} clusters, at least {LEAST_CLUSTERS} are needed"
        return Interval(estimate, None, None, level, len(names), note)
    drawn = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=resamples)
    values = [statistic(weights) for weights in drawn[:, member_of]]
    tail = _expanded_tail(level, len(names))
    low, high = np.quantile(values, [tail, 1 - tail])
    return Interval(estimate, float(low), float(high), level, len(names))


def _expanded_tail(level: float, clusters: int) -> float:
    """The quantile at which a percentile interval of a mean is as wide as Student's."""
    from scipy.stats import norm, t

    stretched = np.sqrt(clusters / (clusters - 1)) * t.ppf((1 - level) / 2, clusters - 1)
    return float(norm.cdf(stretched))


def paired_difference(
    a: Sequence[float],
    b: Sequence[float],
    clusters: Sequence[Hashable],
    rng: np.random.Generator,
    resamples: int = RESAMPLES,
    level: float = 0.95,
) -> Interval:
    """The mean of a - b over workloads that both played.

    Args:
        a: one value per workload.
        b: the other policy's values on the same workloads.
        clusters: each workload's cluster.
        rng: random numbers.
        resamples: draws of clusters.
        level: coverage of the interval.

    Raises:
        ValueError: the three have different lengths, or no element.
    """
    difference = np.array(a, dtype=float) - np.array(b, dtype=float)
    if not difference.shape == (len(clusters),) == np.shape(a) == np.shape(b):
        raise ValueError(f"{np.shape(a)}, {np.shape(b)} values and {len(clusters)} clusters")

    def mean(weights: Weights) -> float:
        return float(weights @ difference / weights.sum())

    return bootstrap(mean, clusters, rng, resamples, level)

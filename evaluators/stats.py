"""Intervals and tests for differences between policies, by cluster.

Workloads of one cluster (blocks of the same trace, say) are not independent: clusters are drawn
with replacement or swapped, workloads never. Comparisons are paired: both policies played the same
workloads. Fewer than 8 clusters give no interval and no test. A percentile interval of few clusters
is too narrow, so its tails are taken further out until they match Student's t for a mean (expanded
percentile interval, Hesterberg, What Teachers Should Know About the Bootstrap, 2015).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np

LEAST_CLUSTERS = 8
RESAMPLES = 2_000
SWAPS = 10_000
SIGNIFICANCE = 0.05  # what a corrected p-value is to be below
LEVEL = 1 - SIGNIFICANCE  # coverage of an interval
_PARTS = 4  # in which swaps are tried, to bound the memory
_ROUNDING = 1e-12  # of the largest value: two sums of the same numbers differ by less

Weights = np.ndarray  # int64[n]: how often each workload's cluster was drawn
# From values float64[..., n] and weights int64[..., n], which broadcast, to float64[...].
Aggregate = Callable[[np.ndarray, Weights], np.ndarray]


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
    level: float = LEVEL,
) -> Interval:
    """The statistic on all workloads and its interval under resampled clusters.

    Args:
        statistic: a number from int64[n] weights, how often each workload counts; some are zero,
            and whole families may be. NaN where it is not defined on such a draw.
        clusters: each of the n workloads' cluster.
        rng: random numbers.
        resamples: draws of as many clusters as there are.
        level: coverage of the interval.

    Raises:
        ValueError: no workload.
    """

    def one_by_one(draws: np.ndarray) -> np.ndarray:
        return np.array([statistic(weights) for weights in draws])

    return _bootstrap(one_by_one, clusters, rng, resamples, level)


def _bootstrap(
    statistic: Callable[[np.ndarray], np.ndarray],
    clusters: Sequence[Hashable],
    rng: np.random.Generator,
    resamples: int,
    level: float,
) -> Interval:
    """As `bootstrap`, of float64[draws] from int64[draws, n]."""
    if len(clusters) == 0:
        raise ValueError("no workload to resample")
    number, member_of = _grouped(clusters)
    estimate = float(statistic(np.ones((1, len(clusters)), dtype=np.int64))[0])
    if number < LEAST_CLUSTERS:
        note = f"no interval: {number} clusters, at least {LEAST_CLUSTERS} are needed"
        return Interval(estimate, None, None, level, number, note)
    drawn = rng.multinomial(number, np.full(number, 1 / number), size=resamples)
    tail = _expanded_tail(level, number)
    found = statistic(drawn[:, member_of])
    undefined = np.isnan(found)
    if undefined.mean() > tail:
        note = f"no interval: it is not defined on {undefined.mean():.0%} of the draws of workloads"
        return Interval(estimate, None, None, level, number, note)
    low, high = np.quantile(found[~undefined], [tail, 1 - tail])
    return Interval(estimate, float(low), float(high), level, number)


def reflected(interval: Interval) -> Interval:
    """The basic interval of a percentile one (Davison and Hinkley, Bootstrap Methods, 1997, 5.2).

    For a statistic that noise pushes up, as it does the best of several, or a hypervolume: drawing
    clusters adds noise and pushes it up once more, so that a percentile interval lies too high.
    """
    if interval.low is None or interval.high is None:
        return interval
    twice = 2 * interval.estimate
    return replace(interval, low=twice - interval.high, high=twice - interval.low)


def _grouped(clusters: Sequence[Hashable]) -> tuple[int, np.ndarray]:
    """How many clusters there are, and int64[n]: which one each workload is of."""
    names = {name: i for i, name in enumerate(dict.fromkeys(clusters))}
    return len(names), np.array([names[c] for c in clusters], dtype=np.int64)


def _expanded_tail(level: float, clusters: int) -> float:
    """The quantile at which a percentile interval of a mean is as wide as Student's."""
    from scipy.stats import norm, t

    stretched = np.sqrt(clusters / (clusters - 1)) * t.ppf((1 - level) / 2, clusters - 1)
    return float(norm.cdf(stretched))


def weighted_mean(values: np.ndarray, weights: Weights) -> np.ndarray:
    """The mean over workloads, each counted as often as it was drawn."""
    return np.asarray((values * weights).sum(axis=-1) / weights.sum(axis=-1))


def paired_difference(
    a: Sequence[float],
    b: Sequence[float],
    clusters: Sequence[Hashable],
    rng: np.random.Generator,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
    aggregate: Aggregate = weighted_mean,
) -> Interval:
    """How much more `a` comes to than `b` on workloads that both played.

    Args:
        a: one value per workload.
        b: the other policy's values on the same workloads.
        clusters: each workload's cluster.
        rng: random numbers.
        resamples: draws of clusters.
        level: coverage of the interval.
        aggregate: how values become the one number that is compared.

    Raises:
        ValueError: the three have different lengths, or no element.
    """
    first, second = _paired(a, b, clusters)

    def difference(draws: np.ndarray) -> np.ndarray:
        return np.subtract(aggregate(first, draws), aggregate(second, draws))

    return _bootstrap(difference, clusters, rng, resamples, level)


def hierarchical(
    groups: Sequence[Sequence[float]],
    rng: np.random.Generator,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
) -> Interval:
    """The mean over groups of their means, drawn at both levels: groups, then members of each.

    With fewer than 8 groups those are not drawn, only their members: the interval is about these
    groups and says nothing of others, and `note` says that. A group of fewer than 8 members gives
    no interval.

    Args:
        groups: values by group, problems with their seeds say.
        rng: random numbers.
        resamples: draws.
        level: coverage of the interval.

    Raises:
        ValueError: no group, or an empty one.
    """
    if not groups or not all(len(group) for group in groups):
        raise ValueError("no group to resample, or one without a value")
    values = [np.array(group, dtype=float) for group in groups]
    number, least = len(values), min(map(len, values))
    estimate = float(np.mean([v.mean() for v in values]))
    if least < LEAST_CLUSTERS:
        note = f"no interval: a group of {least} values, at least {LEAST_CLUSTERS} are needed"
        return Interval(estimate, None, None, level, number, note)
    are_drawn = number >= LEAST_CLUSTERS
    means = _means_of_drawn(values, are_drawn, resamples, rng)
    tail = _expanded_tail(level, number if are_drawn else least)
    low, high = np.quantile(means, [tail, 1 - tail])
    note = "" if are_drawn else f"of these {number} groups alone"
    return Interval(estimate, float(low), float(high), level, number, note)


def _means_of_drawn(
    values: Sequence[np.ndarray], are_drawn: bool, resamples: int, rng: np.random.Generator
) -> np.ndarray:
    """float64[resamples]: the mean over as many groups as there are, their members drawn anew."""
    total = np.zeros(resamples)
    for group in range(len(values)):
        means = np.array([rng.choice(v, (resamples, len(v))).mean(axis=1) for v in values])
        drawn = rng.integers(len(values), size=resamples) if are_drawn else group
        total += means[drawn, np.arange(resamples)]
    return total / len(values)


def permutation_p(
    a: Sequence[float],
    b: Sequence[float],
    clusters: Sequence[Hashable],
    rng: np.random.Generator,
    swaps: int = SWAPS,
    aggregate: Aggregate = weighted_mean,
) -> float | None:
    """The two-sided p-value of "which of the two is which makes no difference".

    In each cluster the policies' values are swapped or not (for a mean: the sign of the cluster's
    difference is flipped); p is the share of ways in which the difference is at least as large as
    the one seen. All 2^clusters ways are tried where that is no more than `swaps`, else `swaps`
    are drawn and the one seen is counted among them. p is never below 2 / 2^clusters.

    Returns:
        None with fewer than 8 clusters: there is no test.

    Raises:
        ValueError: as `paired_difference`.
    """
    first, second = _paired(a, b, clusters)
    number, member_of = _grouped(clusters)
    if number < LEAST_CLUSTERS:
        return None
    once = np.ones(len(clusters), dtype=np.int64)

    def difference(swapped: np.ndarray) -> np.ndarray:
        mask = swapped[..., member_of]
        ours, theirs = np.where(mask, second, first), np.where(mask, first, second)
        return np.asarray(np.abs(aggregate(ours, once) - aggregate(theirs, once)))

    is_exact = 2**number <= swaps
    ways = _every_way(number) if is_exact else rng.random((swaps, number)) < 0.5
    found = np.concatenate([difference(part) for part in np.array_split(ways, _PARTS)])
    slack = _ROUNDING * max(np.abs(first).max(), np.abs(second).max())
    hits = np.count_nonzero(found >= difference(np.zeros(number, dtype=bool)) - slack)
    return float(hits / len(ways) if is_exact else (hits + 1) / (len(ways) + 1))


def _every_way(number: int) -> np.ndarray:
    """bool[2^number, number]: every choice of clusters."""
    return np.asarray(np.arange(2**number)[:, None] >> np.arange(number) & 1, dtype=bool)


def _paired(
    a: Sequence[float], b: Sequence[float], clusters: Sequence[Hashable]
) -> tuple[np.ndarray, np.ndarray]:
    first, second = np.array(a, dtype=float), np.array(b, dtype=float)
    if not first.shape == second.shape == (len(clusters),):
        raise ValueError(f"{first.shape}, {second.shape} values and {len(clusters)} clusters")
    if not len(clusters):
        raise ValueError("no workload to compare on")
    return first, second


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values of several tests, so corrected that the chance of any false hit is their level.

    Holm's step-down procedure (Scandinavian Journal of Statistics 6, 1979): the smallest is
    multiplied by the number of tests, the next by one less, and none falls below an earlier one.
    """
    p = np.array(p_values, dtype=float)
    order = np.argsort(p)
    factors = np.arange(len(p), 0, -1)
    corrected = np.empty_like(p)
    corrected[order] = np.maximum.accumulate(np.minimum(1.0, factors * p[order]))
    return [float(c) for c in corrected]


def rank_correlation(a: Sequence[float], b: Sequence[float]) -> float | None:
    """Spearman's, -1 to 1; None where one of them has no two different values."""
    from scipy.stats import spearmanr

    if len(set(a)) < 2 or len(set(b)) < 2:
        return None
    return float(spearmanr(a, b).statistic)

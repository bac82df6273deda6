"""Which of two policies is better in what, on workloads that both played."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from evaluators.contract import Objective, Score, Workload
from evaluators.scoring import aggregate, aggregator, loss
from evaluators.stats import SIGNIFICANCE, Interval, holm, paired_difference, permutation_p

Verdict = Literal[
    "A is better",
    "B is better",
    "no difference shown",
    "differs by less than the resolution",
    "too few clusters",
    "within the noise floor",
    "noise floor unknown",
]


@dataclass(frozen=True, slots=True)
class Contrast:
    """Two policies in one objective: `a` and `b` are aggregated over the workloads."""

    objective: Objective
    a: float
    b: float
    difference: Interval  # a - b, in the objective's unit
    p: float | None  # Holm-corrected over the exact objectives; None: measured, or no test
    noise_floor: float | None = None  # relative difference, of a measured objective

    @property
    def verdict(self) -> Verdict:
        """An exact objective's is wrong in at most one of 20 comparisons of equals, taken together.

        A measured one's needs more than the noise of this machine instead of the test.
        """
        if self.difference.low is None:
            return "too few clusters"
        if abs(self.a - self.b) <= self.objective.resolution:
            return "differs by less than the resolution"
        if not self.difference.excludes_zero or (self.p is not None and self.p >= SIGNIFICANCE):
            return "no difference shown"
        if self.objective.kind == "measured":
            if self.noise_floor is None:
                return "noise floor unknown"
            if relative_difference(self.a, self.b) <= self.noise_floor:
                return "within the noise floor"
        is_lower = loss(self.objective, self.a) < loss(self.objective, self.b)
        return "A is better" if is_lower else "B is better"


def relative_difference(a: float, b: float) -> float:
    """|a - b| as a share of their mean magnitude, 0..2."""
    return 2 * abs(a - b) / (abs(a) + abs(b)) if a != b else 0.0


def contrasts(
    objectives: Sequence[Objective],
    workloads: Sequence[Workload],
    a: Score,
    b: Score,
    rng: np.random.Generator,
    noise_floors: Mapping[str, float] | None = None,
) -> list[Contrast]:
    """Every objective of two policies that were scored on every workload.

    Args:
        objectives: those to compare in.
        workloads: what both played.
        a: the first one's values.
        b: the second one's.
        rng: random numbers.
        noise_floors: measured objective -> the relative difference that equals show, if known.
    """
    p = _corrected([o for o in objectives if o.kind == "exact"], workloads, a, b, rng)
    clusters = [w.cluster for w in workloads]
    found = []
    for o in objectives:
        total = aggregator(o, workloads)
        between = paired_difference(
            _row(a, o, workloads), _row(b, o, workloads), clusters, rng, aggregate=total
        )
        ours, theirs = (aggregate(o, workloads, score.values[o.name]) for score in (a, b))
        floor = (noise_floors or {}).get(o.name)
        found.append(Contrast(o, ours, theirs, between, p.get(o.name), floor))
    return found


def _corrected(
    exact: Sequence[Objective],
    workloads: Sequence[Workload],
    a: Score,
    b: Score,
    rng: np.random.Generator,
) -> dict[str, float]:
    """Objective -> corrected p-value; empty where there are too few clusters for a test."""
    clusters = [w.cluster for w in workloads]
    p_values = {
        o.name: permutation_p(
            _row(a, o, workloads), _row(b, o, workloads), clusters, rng,
            aggregate=aggregator(o, workloads),
        )
        for o in exact
    }  # fmt: skip
    known = {name: p for name, p in p_values.items() if p is not None}
    return dict(zip(known, holm(list(known.values())), strict=True))


def _row(score: Score, objective: Objective, workloads: Sequence[Workload]) -> list[float]:
    return [score.values[objective.name][w.id] for w in workloads]

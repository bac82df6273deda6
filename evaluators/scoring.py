"""From an episode's end to one number per objective."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean, median

import numpy as np

from evaluators.contract import Bound, Failure, Objective, Outcome, Problem, Score, Workload
from evaluators.scale import Scale


def is_clean(outcome: Outcome) -> bool:
    """Whether every workload was scored."""
    return isinstance(outcome, Score) and not outcome.failures


def in_order(outcome: Outcome) -> Outcome:
    """The same outcome with its names in alphabetical order, in which a journal gives them back.

    What quotes them is the same before an interruption of a run and after it.
    """
    if isinstance(outcome, Failure):
        return outcome
    values, breakdown = (
        {name: dict(sorted(row.items())) for name, row in sorted(rows.items())}
        for rows in (outcome.values, outcome.breakdown)
    )
    return Score(values, dict(sorted(outcome.failures.items())), breakdown)


def worst_values(problem: Problem) -> dict[str, float]:
    """What a failed workload is charged."""
    return {o.name: o.worst for o in problem.objectives}


def median_score(scores: Sequence[Score]) -> Score:
    """The median of every value over several plays of one policy that never failed."""
    columns = scores[0].values
    return Score(
        {
            name: {w: median(s.values[name][w] for s in scores) for w in column}
            for name, column in columns.items()
        }
    )


def aggregate(
    objective: Objective, workloads: Sequence[Workload], values: Mapping[str, float]
) -> float:
    """One number from a value per workload id: families weigh equally."""
    if objective.aggregate == "worst":
        pick = min if objective.better == "higher" else max
        return pick(values[w.id] for w in workloads)
    families: dict[str, list[float]] = {}
    for w in workloads:
        families.setdefault(w.family, []).append(values[w.id])
    return fmean(fmean(v) for v in families.values())


def aggregator(
    objective: Objective, workloads: Sequence[Workload]
) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """`aggregate` where a workload counts as often as it was drawn, for resampling.

    The function takes float64[..., n], values in the order of the workloads, and int64[..., n], how
    often each counts, and gives float64[...]. A family of which nothing was drawn is left out.
    """
    names = list(dict.fromkeys(w.family for w in workloads))
    in_family = np.array([[w.family == name for name in names] for w in workloads], dtype=float)
    sign = 1 if objective.better == "lower" else -1

    def worst(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
        return np.asarray(sign * np.where(weights > 0, sign * values, -np.inf).max(axis=-1))

    def mean(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
        drawn = weights @ in_family  # [..., families]
        means = (values * weights) @ in_family / np.maximum(drawn, 1)
        return np.asarray(means.sum(axis=-1) / np.count_nonzero(drawn, axis=-1))

    return worst if objective.aggregate == "worst" else mean


def loss(objective: Objective, value: float) -> float:
    """The value turned so that smaller is better."""
    return -value if objective.better == "higher" else value


def on_grid(objective: Objective, value: float) -> float:
    """The loss in whole steps of the resolution: what dominance is decided on."""
    return float(round(loss(objective, value) / objective.resolution))


def is_no_better(objective: Objective, value: float, limit: float) -> bool:
    """Whether `value` respects a proved limit, up to rounding."""
    slack = 1e-9 * max(1.0, abs(limit))
    return loss(objective, value) >= loss(objective, limit) - slack


def limit_of_split(
    scale: Scale, objective: Objective, workloads: Sequence[Workload]
) -> Bound | None:
    """The aggregated limit of an objective, or None when a workload has none."""
    bounds = {w.id: scale.limits(w).get(objective.name) for w in workloads}
    known = {k: b for k, b in bounds.items() if b is not None}
    if not known or len(known) < len(bounds):
        return None
    value = aggregate(objective, workloads, {k: b.value for k, b in known.items()})
    kind = "optimum" if all(b.kind == "optimum" for b in known.values()) else "bound"
    proofs = sorted({b.proof for b in known.values()})
    return Bound(value, kind, "; ".join(proofs))  # type: ignore[arg-type]


def is_valid_measurement(problem: Problem, values: Mapping[str, float]) -> bool:
    """Whether every exact objective is there, and each that is there is finite."""
    told = {o.name: values.get(o.name) for o in problem.objectives}
    exact = [o.name for o in problem.objectives if o.kind == "exact"]
    return all(told[name] is not None for name in exact) and all(
        math.isfinite(v) for v in told.values() if v is not None
    )

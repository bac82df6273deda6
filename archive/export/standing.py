"""How good a policy is, for the papers that go with it: values, intervals, baselines, limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from archive.constraint import Constraint, broken
from archive.entry import Entry
from evaluators.contract import SPLITS, Bound, Objective, Score, Split, Workload
from evaluators.identity import Identity
from evaluators.scale import Scale
from evaluators.scoring import aggregator, limit_of_split, loss
from evaluators.stats import Interval, bootstrap


@dataclass(frozen=True, slots=True)
class Scored:
    """What an entry's values are read by: scale and identity of the problem that gave them, and
    what its run required.
    """

    scale: Scale
    identity: Identity
    required: Sequence[Constraint] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """One objective on one split.

    `interval` is over clusters of workloads; None when the values per workload are not at hand, and
    for what a clock measured: that is one number for all that was played together.
    """

    split: Split
    objective: Objective
    value: float
    interval: Interval | None
    best_baseline: tuple[str, float] | None
    limit: Bound | None


def standings(
    scale: Scale,
    entry: Entry,
    entries: Sequence[Entry],
    scores: Mapping[Split, Score] | None = None,
    required: Sequence[Constraint] = (),
) -> list[Standing]:
    """Every objective on every split that the entry was scored on whole.

    Args:
        scale: that of the problem that it was scored on.
        entry: what is judged.
        entries: all of the run, for the baselines.
        scores: the entry's values per workload, for intervals.
        required: what a baseline has to meet to be the best.
    """
    return [
        Standing(
            split,
            objective,
            entry.values[split][objective.name],
            _interval(scale, split, objective, (scores or {}).get(split)),
            _best_baseline(scale, split, objective, entries, required),
            limit_of_split(scale, objective, scale.workloads(split)),
        )
        for split in SPLITS
        if split in entry.values
        for objective in scale.objectives
    ]


def _best_baseline(
    scale: Scale,
    split: Split,
    objective: Objective,
    entries: Sequence[Entry],
    required: Sequence[Constraint],
) -> tuple[str, float] | None:
    names = {f"seed/{name}": name for name in scale.baselines()}
    scored = [
        (names[e.proposal.proposer], e.values[split][objective.name])
        for e in entries
        if e.proposal.proposer in names
        and split in e.values
        and not broken(required, e.values[split])
    ]
    return min(scored, key=lambda s: loss(objective, s[1]), default=None)


def _interval(
    scale: Scale, split: Split, objective: Objective, score: Score | None
) -> Interval | None:
    if score is None or objective.kind == "measured":
        return None
    return value_interval(objective, scale.workloads(split), score)


def value_interval(objective: Objective, workloads: Sequence[Workload], score: Score) -> Interval:
    """What a policy comes to on workloads that it was scored on, with its interval by cluster."""
    values = np.array([score.values[objective.name][w.id] for w in workloads])
    total = aggregator(objective, workloads)
    rng = np.random.default_rng(0)  # the same interval in every export and report
    return bootstrap(lambda w: float(total(values, w)), [w.cluster for w in workloads], rng)

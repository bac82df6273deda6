"""How good a policy is, for the papers that go with it: values, intervals, baselines, limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from archive.entry import Entry
from evaluators.contract import SPLITS, Bound, Objective, Problem, Score, Split, Workload
from evaluators.scoring import aggregator, limit_of_split, loss
from evaluators.stats import Interval, bootstrap


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
    problem: Problem,
    entry: Entry,
    entries: Sequence[Entry],
    scores: Mapping[Split, Score] | None = None,
) -> list[Standing]:
    """Every objective on every split that the entry was scored on whole.

    Args:
        problem: the problem that it was scored on.
        entry: what is judged.
        entries: all of the run, for the baselines.
        scores: the entry's values per workload, for intervals.
    """
    return [
        Standing(
            split,
            objective,
            entry.values[split][objective.name],
            _interval(problem, split, objective, (scores or {}).get(split)),
            _best_baseline(problem, split, objective, entries),
            limit_of_split(problem, objective, problem.workloads(split)),
        )
        for split in SPLITS
        if split in entry.values
        for objective in problem.objectives
    ]


def _best_baseline(
    problem: Problem, split: Split, objective: Objective, entries: Sequence[Entry]
) -> tuple[str, float] | None:
    names = {f"seed/{name}": name for name in problem.baselines()}
    scored = [
        (names[e.proposal.proposer], e.values[split][objective.name])
        for e in entries
        if e.proposal.proposer in names and split in e.values
    ]
    return min(scored, key=lambda s: loss(objective, s[1]), default=None)


def _interval(
    problem: Problem, split: Split, objective: Objective, score: Score | None
) -> Interval | None:
    if score is None or objective.kind == "measured":
        return None
    return value_interval(objective, problem.workloads(split), score)


def value_interval(objective: Objective, workloads: Sequence[Workload], score: Score) -> Interval:
    """What a policy comes to on workloads that it was scored on, with its interval by cluster."""
    values = np.array([score.values[objective.name][w.id] for w in workloads])
    total = aggregator(objective, workloads)
    rng = np.random.default_rng(0)  # the same interval in every export and report
    return bootstrap(lambda w: float(total(values, w)), [w.cluster for w in workloads], rng)

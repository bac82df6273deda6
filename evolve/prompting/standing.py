"""Where a program stands: against baselines and limits over all, and workload by workload."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from archive.entry import Entry
from evaluators.contract import Objective, Score, Workload
from evaluators.scoring import loss
from evolve.prompting.situation import Task


@dataclass(frozen=True, slots=True)
class Row:
    """A value per objective, None where there is none."""

    name: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """One objective on one workload; what is not better than the value is None."""

    objective: str
    value: float
    best: tuple[str, float] | None
    """The baseline that is best on this workload."""
    limit: float | None
    gap: float
    """What is missing to the better of these, as a share of the way there from the reference."""


@dataclass(frozen=True, slots=True)
class Loss:
    """One workload and how far the program is from what is possible on it."""

    workload: str
    family: str
    standings: tuple[Standing, ...]
    breakdown: tuple[tuple[str, float], ...]
    """What the simulator measured beside the objectives."""

    @property
    def gap(self) -> float:
        """The gaps of all objectives together."""
        return sum(s.gap for s in self.standings)


def name_of(baseline: Entry) -> str:
    """A published policy's own name."""
    return baseline.proposal.proposer.removeprefix("seed/")


def published_rows(task: Task, shown: Sequence[Entry], baselines: Sequence[Entry]) -> list[Row]:
    """Every valid baseline that is none of the programs shown."""
    known = {e.proposal.normal_digest for e in shown}
    others = [e for e in baselines if e.is_valid and e.proposal.normal_digest not in known]
    return [Row(name_of(e), values_of(task, e)) for e in others]


def values_of(task: Task, entry: Entry) -> tuple[float | None, ...]:
    """The entry's value in every objective over the search split."""
    values = entry.values.get("search", {})
    return tuple(values.get(o.name) for o in task.objectives)


def losses(task: Task, parent: Entry, baselines: Sequence[Entry]) -> list[Loss]:
    """The workloads that the program was scored on and is not the best possible, worst first."""
    found = [
        Loss(
            workload.id,
            workload.family,
            tuple(_standings(task, parent, workload, baselines)),
            tuple(parent.outcome.breakdown.get(workload.id, {}).items()),
        )
        for workload in task.workloads
        if isinstance(parent.outcome, Score)
    ]
    return sorted((each for each in found if each.gap > 0), key=lambda each: -each.gap)


def _standings(
    task: Task, parent: Entry, workload: Workload, baselines: Sequence[Entry]
) -> Iterator[Standing]:
    for o in task.objectives:
        value = _value_on(parent, o, workload)
        if o.kind == "measured" or value is None:
            continue
        best, limit = _best(o, workload, baselines), task.workload_limits[workload.id].get(o.name)
        if best is not None and loss(o, best[1]) >= loss(o, value):
            best = None
        if limit is not None and loss(o, limit) >= loss(o, value):
            limit = None
        targets = [t for t in (best and best[1], limit) if t is not None]
        yield Standing(o.name, value, best, limit, _gap(o, value, targets))


def _gap(o: Objective, value: float, targets: Sequence[float]) -> float:
    target = min((loss(o, t) for t in targets), default=loss(o, value))
    whole = loss(o, o.reference) - target
    return (loss(o, value) - target) / whole if whole > 0 else 0.0


def _best(o: Objective, workload: Workload, baselines: Sequence[Entry]) -> tuple[str, float] | None:
    scored = [(name_of(e), _value_on(e, o, workload)) for e in baselines]
    known = [(name, value) for name, value in scored if value is not None]
    return min(known, key=lambda pair: loss(o, pair[1]), default=None)


def _value_on(entry: Entry, o: Objective, workload: Workload) -> float | None:
    score = entry.outcome
    if not isinstance(score, Score) or workload.id in score.failures:
        return None
    return score.values.get(o.name, {}).get(workload.id)

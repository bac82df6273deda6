"""The front of a run as a table and as points of two objectives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from archive.browse.queries.reading import Reading
from archive.constraint import breaking_words
from archive.entry import SEED, Entry
from evaluators.contract import Objective, Split
from evaluators.scoring import loss, on_grid

Kind = Literal["front", "baseline"]
ARROW = {"higher": "↑", "lower": "↓"}


@dataclass(frozen=True, slots=True)
class Standing:
    """An entry of the front, or a baseline beside it."""

    entry: Entry
    kind: Kind
    values: Mapping[str, float]
    better: frozenset[str]
    """The objectives in which it is better than every baseline to beat, beyond resolution."""
    broken: frozenset[str]
    """The objectives in which a requirement is not met: then it is better in none."""


def origin(proposer: str) -> str:
    """Who proposed it: a baseline's name, an operator, the tuner, a model."""
    return proposer.removeprefix(SEED).removeprefix("syntax/")


def standings(reading: Reading, split: Split, by: Objective) -> list[Standing]:
    """The front, then the baselines; each best first in one objective."""
    baselines = [e for e in reading.baselines() if split in e.values]
    known = [e.values[split] for e in reading.to_beat(split)]
    best = {o.name: best_of(o, known) for o in reading.objectives()}

    def standing(entry: Entry, kind: Kind) -> Standing:
        values = entry.values[split]
        broken = frozenset(c.objective.name for c in reading.broken(values))
        better = (
            o.name
            for o in reading.objectives()
            if not broken
            and (other := best[o.name]) is not None
            and on_grid(o, values[o.name]) < on_grid(o, other)
        )
        return Standing(entry, kind, values, frozenset(better), broken)

    return [
        *(standing(e, "front") for e in _ranked(reading.front(split), by, split)),
        *(standing(e, "baseline") for e in _ranked(baselines, by, split)),
    ]


def breaking_lines(reading: Reading, found: Sequence[Standing], split: Split) -> list[str]:
    """How many of the front and of the baselines break what is required; none where none does."""
    called = {"front": f"on the {split} front", "baseline": "baselines"}
    words = (
        breaking_words(reading.constraints, [s.values for s in found if s.kind == kind], where)
        for kind, where in called.items()
    )
    return [f"! {line}" for line in words if line]


def best_of(objective: Objective, points: Iterable[Mapping[str, float]]) -> float | None:
    """The best value of an objective; None of no points."""
    values = (p[objective.name] for p in points)
    return min(values, key=lambda v: loss(objective, v), default=None)


def _ranked(entries: Sequence[Entry], by: Objective, split: Split) -> list[Entry]:
    return sorted(entries, key=lambda e: loss(by, e.values[split][by.name]))

"""The JSON documents that reading verbs print: their shape is a promise to other programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from archive.constraint import Constraint, broken
from evaluators.contract import Bound, Failure, Objective, Outcome, Split
from evaluators.scoring import loss
from evolve.cli.terminal import say
from evolve.cli.wording import printable

if TYPE_CHECKING:
    from archive.entry import Entry
    from evaluators.comparison import Contrast
    from evaluators.stats import Interval
    from evolve.found import Found

Document = dict[str, Any]
Limits = Mapping[str, Bound | None]


def print_document(document: Document | list[Document]) -> None:
    """One document on stdout."""
    say(text_of(document))


def text_of(document: Document | list[Document]) -> str:
    """A document's text, without a last line break."""
    return json.dumps(document, indent=2, ensure_ascii=False)


def say_caution(found: Found) -> None:
    """Beside the answer, which may be read by a program."""
    if found.caution:
        say(f"adrs: {found.caution}", file=sys.stderr)


def front_document(found: Found, split: Split) -> Document:
    """The front on a split, of one run or of several; hypervolumes are over exact objectives.

    Where something is required, each row says what it breaks on that split.
    """
    limits = found.limits(split)
    runs = {found.run_of(e) for e in found.outstanding()}
    return {
        "problem": found.identity,
        "run": runs.pop() if len(runs) == 1 else None,
        "split": split,
        **_required(found),
        "objectives": [objective_document(o, limits) for o in found.scale.objectives],
        "hypervolume": found.hypervolume(split),
        "baseline_hypervolume": found.baseline_hypervolume(split),
        "entries": [_front_row(found, e, split) for e in found.front(split)],
        "baselines": [
            {"name": name, **_front_row(found, e, split)} for name, e in found.baselines().items()
        ],
    }


def _front_row(found: Found, entry: Entry, split: Split) -> Document:
    row = entry_document(found.run_of(entry), entry)
    return {**row, **breaks_document(found.constraints(), entry.values.get(split, {}))}


def _required(found: Found) -> Document:
    """Nothing where nothing is required."""
    texts = [c.text for c in found.constraints()]
    return {"require": texts} if texts else {}


def breaks_document(required: Sequence[Constraint], values: Mapping[str, float]) -> Document:
    """What values of one split break, null where there are none; nothing if nothing is required."""
    if not required:
        return {}
    return {"breaks": [c.text for c in broken(required, values)] if values else None}


def objective_document(objective: Objective, limits: Limits) -> Document:
    """An objective with its limit."""
    limit = limits[objective.name]
    return {
        "name": objective.name,
        "unit": objective.unit,
        "better": objective.better,
        "kind": objective.kind,
        "reference": objective.reference,
        "limit": limit.value if limit else None,
    }


def entry_document(run_name: str, entry: Entry) -> Document:
    """An entry with its aggregated values on the splits that saw it."""
    return {
        "id": f"{run_name}/{entry.number}",
        "digest": entry.proposal.digest,
        "values": {split: dict(values) for split, values in entry.values.items()},
        "parents": [f"{run_name}/{n}" for n in entry.proposal.parents],
        "proposer": entry.proposal.proposer,
    }


def interval_document(interval: Interval) -> Document:
    """What surrounds an estimate; bounds are null where there is no interval, and why is noted."""
    return {
        "low": interval.low,
        "high": interval.high,
        "level": interval.level,
        "clusters": interval.clusters,
        "note": interval.note,
    }


def contrast_document(c: Contrast) -> Document:
    """Two policies in one objective."""
    return {
        "objective": c.objective.name,
        "unit": c.objective.unit,
        "better": c.objective.better,
        "kind": c.objective.kind,
        "a": c.a,
        "b": c.b,
        "difference": c.difference.estimate,
        "interval": interval_document(c.difference),
        "p": c.p,
        "resolution": c.objective.resolution,
        "noise_floor": c.noise_floor,
        "verdict": c.verdict,
    }


def failure_document(failure: Failure) -> Document:
    """A candidate's fault."""
    return {"kind": failure.kind, "message": failure.message}


def outcome_document(outcome: Outcome) -> Document:
    """Whether there is a score, and what failed."""
    failure = outcome if isinstance(outcome, Failure) else None
    failures = {} if isinstance(outcome, Failure) else outcome.failures
    return {
        "outcome": "failure" if failure else "score",
        "failure": failure_document(failure) if failure else None,
        "failures": {w: failure_document(f) for w, f in failures.items()},
    }


def failure_lines(outcome: Outcome) -> list[str]:
    """The same in words, fit for a terminal: a line for each failure."""
    if isinstance(outcome, Failure):
        return [printable(f"{outcome.kind}: {outcome.message}")]
    return [printable(f"{w}: {f.kind}: {f.message}") for w, f in outcome.failures.items()]


def best_of(objective: Objective, values: list[float]) -> float | None:
    """The best of values of one objective."""
    return min(values, key=lambda v: loss(objective, v), default=None)

"""What a rescore came to: every entry of a front and every baseline, then and now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from evaluators.contract import Failure, Objective, Split
from evaluators.scoring import loss
from evolve.cli.documents import Document, failure_document, objective_document
from evolve.cli.front_table import MOST_ROWS, empty_table, origin, spread
from evolve.cli.run_page import front_breaks
from evolve.cli.wording import figure, printable

if TYPE_CHECKING:
    from rich.table import Table

    from archive.entry import Entry
    from evolve.found import Found
    from evolve.rescored import Rescored

Values = Mapping[str, float]


def rescore_document(rescored: Rescored, split: Split) -> Document:
    """Both as JSON data; hypervolumes are of that split, each in the box of its own problem."""
    then, now = rescored.then, rescored
    both = {"then": then, "now": now}
    return {
        "run": now.name,
        "problem": {when: found.identity for when, found in both.items()},
        "split": split,
        "objectives": {when: _objectives(found, split) for when, found in both.items()},
        "hypervolume": {when: found.hypervolume(split) for when, found in both.items()},
        "baseline_hypervolume": {
            when: found.baseline_hypervolume(split) for when, found in both.items()
        },
        "entries": [
            {"id": f"{now.name}/{e.number}", **_document(rescored, before, e, split)}
            for before, e in _pairs(rescored)
        ],
        "baselines": [
            {"name": name, **_document(rescored, then.baselines().get(name), e, split)}
            for name, e in now.baselines().items()
        ],
    }


def _objectives(found: Found, split: Split) -> list[Document]:
    limits = found.limits(split)
    return [objective_document(o, limits) for o in found.scale.objectives]


def _document(rescored: Rescored, before: Entry | None, entry: Entry, split: Split) -> Document:
    failure = entry.outcome if isinstance(entry.outcome, Failure) else None
    failures = {} if isinstance(entry.outcome, Failure) else entry.outcome.failures
    return {
        "digest": entry.proposal.digest,
        "proposer": entry.proposal.proposer,
        "values": {"then": dict(before.values) if before else {}, "now": dict(entry.values)},
        "is_on_front": rescored.is_on_front(entry, split),
        "failure": failure_document(failure) if failure else None,
        "failures": {w: failure_document(f) for w, f in failures.items()},
    }


def _pairs(rescored: Rescored) -> Iterator[tuple[Entry, Entry]]:
    """Each entry of the front as it was and as it is."""
    return zip(rescored.then.front(), rescored.entries, strict=True)


def _ranked_pairs(rescored: Rescored, split: Split) -> list[tuple[Entry, Entry]]:
    """The best in the first objective before."""
    first = rescored.then.scale.objectives[0]
    return sorted(_pairs(rescored), key=lambda pair: loss(first, pair[0].values[split][first.name]))


def print_rescore(rescored: Rescored, split: Split) -> None:
    """The same for people."""
    from rich.console import Console

    console = Console(highlight=False)
    then, now = rescored.then, rescored
    versions = f"version {then.identity['version']} → {now.identity['version']}"
    console.print(
        f"{now.name}: {len(now.entries)} policies of its front, {now.identity['name']} {versions}, "
        f"on the {split} workloads",
        soft_wrap=True,
    )
    console.print(_table(rescored, split))
    console.print(
        f"hypervolume {_change(then.hypervolume(split), now.hypervolume(split))}, the baselines' "
        f"own {_change(then.baseline_hypervolume(split), now.baseline_hypervolume(split))}\n"
        "front now: nothing of this table beats it",
        soft_wrap=True,
    )
    if words := front_breaks(now, split):
        console.print(words, soft_wrap=True)
    if len(now.entries) > MOST_ROWS:
        console.print(f"{MOST_ROWS} of {len(now.entries)}; all: adrs rescore {now.name} --json")
    for entry in now.outstanding():
        if entry.decision == "failed":
            console.print(printable(_failure_line(now, entry)), markup=False, soft_wrap=True)


def _table(rescored: Rescored, split: Split) -> Table:
    """Limit, baselines, then the front, each `then → now`."""
    objectives = _all_objectives(rescored)
    table = empty_table(objectives, "front\nnow")
    limits = [
        {name: bound.value for name, bound in found.limits(split).items() if bound}
        for found in (rescored.then, rescored)
    ]
    table.add_row("", "limit", *_changes(objectives, *limits))
    table.add_section()
    for name, entry in rescored.baselines().items():
        before = rescored.then.baselines().get(name)
        table.add_row(rescored.label(entry), name, *_cells(rescored, before, entry, split))
    table.add_section()
    for before, entry in spread(_ranked_pairs(rescored, split), MOST_ROWS):
        cells = _cells(rescored, before, entry, split)
        table.add_row(rescored.label(entry), origin(entry), *cells)
    return table


def _cells(rescored: Rescored, before: Entry | None, entry: Entry, split: Split) -> list[str]:
    """A change per objective, and how it stands now."""
    then = before.values.get(split, {}) if before else {}
    changes = _changes(_all_objectives(rescored), then, entry.values.get(split, {}))
    if entry.decision == "failed":
        return [*changes, "fails"]
    return [*changes, "yes" if rescored.is_on_front(entry, split) else "no"]


def _all_objectives(rescored: Rescored) -> list[Objective]:
    """The present ones, and then those that are gone."""
    both = [*rescored.scale.objectives, *rescored.then.scale.objectives]
    return list({o.name: o for o in reversed(both)}.values())[::-1]


def _changes(objectives: Sequence[Objective], then: Values, now: Values) -> list[str]:
    return [_change(then.get(o.name), now.get(o.name)) for o in objectives]


def _change(then: float | None, now: float | None) -> str:
    return f"{figure(then)} → {figure(now)}"


def _failure_line(rescored: Rescored, entry: Entry) -> str:
    name = rescored.label(entry) or origin(entry)
    if isinstance(entry.outcome, Failure):
        return f"{name}: {entry.outcome.kind}: {entry.outcome.message}"
    (workload, failure), *others = entry.outcome.failures.items()
    more = f" (and on {len(others)} more)" if others else ""
    return f"{name} on {workload}: {failure.kind}: {failure.message}{more}"

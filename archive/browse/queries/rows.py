"""Entries as the lines of a list: made when they are seen."""

from __future__ import annotations

from collections.abc import Sequence

from archive.browse.queries.front import origin
from archive.browse.queries.reading import Reading
from archive.entry import Entry, Outline, failure_kinds
from archive.wording import figure
from evaluators.contract import Split


def star(reading: Reading, number: int) -> str:
    """How an entry is marked: a favourite, noted."""
    is_favourite = "★" if number in reading.marks.favourites else ""
    return is_favourite + ("n" if number in reading.marks.notes else "")


def cells_of(reading: Reading, outline: Outline, split: Split) -> tuple[str, ...]:
    """Number, mark, decision, proposer, a value per objective or why there is none, parents.

    Values stand as dots until the entry is loaded.
    """
    parents = " ".join(map(str, outline.parents))
    about = (
        str(outline.number),
        star(reading, outline.number),
        outline.decision,
        origin(outline.proposer),
    )
    values = _values(reading, outline.number, split)
    blank = [""] * (len(reading.objectives()) - len(values))
    return (*about, *values, *blank, parents)


def _values(reading: Reading, number: int, split: Split) -> Sequence[str]:
    if number in reading.damaged:
        return ["damaged"]
    entry = reading.entries.get(number)
    if entry is None:
        return ["..." for _ in reading.objectives()]
    return values_of(reading, entry, split)


def values_of(reading: Reading, entry: Entry, split: Split) -> list[str]:
    """A figure per objective, or why there is none."""
    if split in entry.values:
        return [figure(entry.values[split][o.name]) for o in reading.objectives()]
    if entry.decision == "eliminated":
        return ["played on a few"]
    return [", ".join(failure_kinds(entry.outcome))]

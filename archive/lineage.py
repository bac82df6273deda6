"""Where an entry comes from: its ancestors, what each step gained, and how two policies differ."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from archive.entry import Entry
from evaluators.contract import Objective, Split
from evaluators.scoring import loss


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a descent: an entry, and by how much it is better than its first parent."""

    entry: Entry
    gains: Mapping[str, float]
    """Objective -> improvement in its unit, negative for a loss; empty without a scored parent."""


def ancestors(entry: Entry, entries: Iterable[Entry]) -> list[Entry]:
    """The entry and everything it descends from, each once, parents before children."""
    known = {e.number: e for e in entries}
    reached: set[int] = set()
    to_visit = [entry.number]
    while to_visit:
        number = to_visit.pop()
        if number in known and number not in reached:  # a damaged proposal is not among them
            reached.add(number)
            to_visit.extend(known[number].proposal.parents)
    return [known[number] for number in sorted(reached)]  # a parent has the smaller number


def descent(
    entry: Entry,
    entries: Iterable[Entry],
    objectives: Sequence[Objective],
    split: Split = "search",
) -> list[Step]:
    """The line of first parents from a seed down to the entry, with the gain of each step.

    It begins below a parent that is not among the entries.
    """
    known = {e.number: e for e in entries}
    line = [known[entry.number]]
    while (parents := line[-1].proposal.parents) and parents[0] in known:
        line.append(known[parents[0]])
    line.reverse()
    firsts = [None, *line[:-1]]
    return [
        Step(child, _gains(parent, child, objectives, split))
        for parent, child in zip(firsts, line, strict=True)
    ]


def _gains(
    parent: Entry | None, child: Entry, objectives: Sequence[Objective], split: Split
) -> dict[str, float]:
    if parent is None or split not in parent.values or split not in child.values:
        return {}
    before, after = parent.values[split], child.values[split]
    return {o.name: loss(o, before[o.name]) - loss(o, after[o.name]) for o in objectives}


def unified_diff(old: Entry, new: Entry) -> str:
    """What changes from one policy's source to the other's; empty when nothing does."""
    names = [f"{e.number} {e.proposal.proposer}" for e in (old, new)]
    return source_diff(old.proposal.source, new.proposal.source, *names)


def source_diff(old: str, new: str, old_name: str, new_name: str) -> str:
    """What changes from one source to the other; empty when nothing does."""
    lines = difflib.unified_diff(
        old.splitlines(), new.splitlines(), old_name, new_name, lineterm=""
    )
    return "".join(f"{line}\n" for line in lines)

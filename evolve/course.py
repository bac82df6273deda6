"""What a journal says of how its search went: what was made of what, and in which order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from archive.journal import Journal


@dataclass(frozen=True)
class Course:
    """By the number of a proposal. A search that goes on, or is repeated, takes the same course."""

    asked_after: Mapping[int, int] = field(default_factory=dict)
    """How many commits it was made from."""
    duplicate_of: Mapping[int, int | None] = field(default_factory=dict)
    """Who had its normal form first: answers that came one after the other now come at once."""
    commits: Sequence[int] = ()
    """The proposals in the order of their commits."""


NOTHING_YET = Course()


def course_of(journal: Journal) -> Course:
    """The course so far."""
    proposals = journal.proposals()
    return Course(
        asked_after=_asked_after(journal),
        duplicate_of={p.number: p.duplicate_of for p in proposals},
        commits=[c.number for c in journal.commits()],
    )


def _asked_after(journal: Journal) -> dict[int, int]:
    seen = {p.number: p.seen for p in journal.proposals()}
    seen |= {c.number: c.seen for c in journal.calls()}
    for number in range(max(seen, default=0), 0, -1):
        seen.setdefault(number, seen.get(number + 1, 0))  # it waited to be sent: nothing is known
    return seen

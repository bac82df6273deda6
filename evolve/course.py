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
    asked_of: Mapping[int, str] = field(default_factory=dict)
    """Which model its first request went to."""

    def knows(self, number: int) -> bool:
        """Whether there is a row of it; else it waited to be sent, if it was asked for at all."""
        return number in self.duplicate_of or number in self.asked_of


NOTHING_YET = Course()


def course_of(journal: Journal) -> Course:
    """The course so far."""
    proposals = journal.proposals()
    calls = journal.calls()
    seen = {p.number: p.seen for p in proposals} | {c.number: c.seen for c in calls}
    return Course(
        asked_after=_completed(seen),
        duplicate_of={p.number: p.duplicate_of for p in proposals},
        commits=[c.number for c in journal.commits()],
        asked_of={c.number: str(c.request["model"]) for c in reversed(calls)},
    )


def _completed(seen: dict[int, int]) -> dict[int, int]:
    """Those that waited to be sent are asked for no later than the next one."""
    for number in range(max(seen, default=0), 0, -1):
        seen.setdefault(number, seen.get(number + 1, 0))
    return seen

"""In which order proposals are committed, and when the next one may be asked for.

The course that a journal tells is taken again: each proposal is asked for after as many commits as
it was then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from evolve.asked import Asked
from evolve.course import NOTHING_YET, Course


class Order(Protocol):
    """`committed` counts commits so far; `open_` are those asked and not committed, by number."""

    @property
    def course(self) -> Course:
        """What the journal tells."""
        ...

    @property
    def drafts_in_order(self) -> bool:
        """Whether a draft has to wait for those that were asked for before it."""
        ...

    def may_ask(self, number: int, committed: int, open_: Sequence[Asked]) -> bool:
        """Whether proposal `number` may be asked for now."""
        ...

    def next(self, committed: int, open_: Sequence[Asked]) -> Sequence[Asked]:
        """Those that may be committed next, the first that is ready goes first."""
        ...

    def is_over(self, committed: int) -> bool:
        """Whether nothing more is to be committed."""
        ...


@dataclass(frozen=True)
class InOrder:
    """The proposals' own order: proposal i is made from what was committed up to i - lookahead.

    What is found does not depend on how many workers there are, or how fast anybody answers.
    """

    lookahead: int
    course: Course = NOTHING_YET
    drafts_in_order: bool = True

    def may_ask(self, number: int, committed: int, open_: Sequence[Asked]) -> bool:
        if self.course.knows(number):
            return committed == self.course.asked_after[number]
        return number <= committed + self.lookahead

    def next(self, committed: int, open_: Sequence[Asked]) -> Sequence[Asked]:
        return open_[:1]

    def is_over(self, committed: int) -> bool:
        return False


@dataclass(frozen=True)
class Arrival:
    """Whoever is ready first: nobody waits for a slow answer, and `width` proposals are open.

    The commits of then come in the order of then.
    """

    width: int
    course: Course = NOTHING_YET
    drafts_in_order: bool = False

    def may_ask(self, number: int, committed: int, open_: Sequence[Asked]) -> bool:
        if number in self.course.asked_after:
            return committed == self.course.asked_after[number]
        return committed >= len(self.course.commits) and len(open_) < self.width

    def next(self, committed: int, open_: Sequence[Asked]) -> Sequence[Asked]:
        if committed < len(self.course.commits):
            return [a for a in open_ if a.number == self.course.commits[committed]]
        return open_

    def is_over(self, committed: int) -> bool:
        return False


@dataclass(frozen=True)
class AsRecorded(Arrival):
    """What a journal tells, and nothing after it."""

    def may_ask(self, number: int, committed: int, open_: Sequence[Asked]) -> bool:
        return committed == self.course.asked_after.get(number)

    def is_over(self, committed: int) -> bool:
        return committed >= len(self.course.commits)

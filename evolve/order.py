"""In which order proposals are committed, and when the next one may be asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from evolve.asked import Asked


class Order(Protocol):
    """`committed` counts commits so far; `open_` are those asked and not committed, by number."""

    def may_ask(self, number: int, committed: int, open_: Sequence[Asked]) -> bool:
        """Whether proposal `number` may be asked for now."""
        ...

    def next(self, committed: int, open_: Sequence[Asked]) -> Sequence[Asked]:
        """Those that may be committed next, the first that is ready goes first."""
        ...

    def is_over(self, committed: int) -> bool:
        """Whether nothing more is to be committed."""
        ...

    @property
    def drafts_in_order(self) -> bool:
        """Whether a draft has to wait for those that were asked for before it."""
        ...


@dataclass(frozen=True)
class InOrder:
    """The proposals' own order: proposal i is made from what was committed up to i - lookahead.

    What is found does not depend on how many workers there are, or how fast anybody answers.
    """

    lookahead: int
    drafts_in_order: bool = True

    def may_ask(self, number: int, committed: int, open_: Sequence[Asked]) -> bool:
        return number <= committed + self.lookahead

    def next(self, committed: int, open_: Sequence[Asked]) -> Sequence[Asked]:
        return open_[:1]

    def is_over(self, committed: int) -> bool:
        return False


@dataclass(frozen=True)
class Arrival:
    """Whoever is ready first: nobody waits for a slow answer.

    `width` proposals are open at a time. What a journal says of an earlier time is obeyed: each
    proposal is asked for after as many commits as then, and the commits come in the order of then.
    """

    width: int
    asked_after: Mapping[int, int]  # proposal number -> commits that it was made from
    commits: Sequence[int]  # numbers in the order of their commits
    drafts_in_order: bool = False

    def may_ask(self, number: int, committed: int, open_: Sequence[Asked]) -> bool:
        if number in self.asked_after:
            return committed == self.asked_after[number]
        return committed >= len(self.commits) and len(open_) < self.width

    def next(self, committed: int, open_: Sequence[Asked]) -> Sequence[Asked]:
        if committed < len(self.commits):
            return [a for a in open_ if a.number == self.commits[committed]]
        return open_

    def is_over(self, committed: int) -> bool:
        return False


@dataclass(frozen=True)
class AsRecorded(Arrival):
    """What a journal says, and nothing after it."""

    def may_ask(self, number: int, committed: int, open_: Sequence[Asked]) -> bool:
        return committed == self.asked_after.get(number)

    def is_over(self, committed: int) -> bool:
        return committed >= len(self.commits)

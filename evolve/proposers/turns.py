"""Whose turn it is to be asked: people's, as long as they have few enough prompts before them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evolve.people import PERSON


class Turns:
    """A function of what was committed, and of the journal where that knows who was asked."""

    def __init__(
        self, models: Sequence[str], tickets: int = 0, asked_of: Mapping[int, str] | None = None
    ) -> None:
        """`tickets`: how many prompts people have before them at most, as long as models are
        there to be asked.
        """
        self._models = tuple(models)
        self._tickets = tickets
        self._asked_of = asked_of or {}
        self._open: set[int] = set()  # asked of people, and not committed

    @property
    def names(self) -> Sequence[str]:
        """Everybody who may be asked."""
        return (*self._models, *([PERSON] if self._tickets else []))

    def next(self, number: int) -> Sequence[str]:
        """Who may be asked for a proposal."""
        known = self._asked_of.get(number)
        is_theirs = len(self._open) < self._tickets if known is None else known == PERSON
        if not is_theirs and self._models:
            return self._models
        self._open.add(number)
        return [PERSON]

    def tell(self, number: int) -> None:
        """The proposal is committed."""
        self._open.discard(number)

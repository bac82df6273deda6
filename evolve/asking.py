"""What a proposer is asked: one choice of parents after another, from committed state alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from archive.entry import Entry
from evolve.proposers.proposer import Context, Conversation, Draft, Proposer
from evolve.selection.selection import Selection
from evolve.state import State
from evolve.streams import stream

if TYPE_CHECKING:
    from evolve.llm.message import Request

ATTEMPTS = 8  # other parents are tried before the proposer counts as exhausted
PROMPT_WITHIN = 32  # proposals: some need nobody's answer


class Asking:
    """A proposer and what is shown to it. Random numbers are of (seed, proposal, name) alone."""

    def __init__(self, seed: int, state: State, selection: Selection, proposer: Proposer) -> None:
        self._seed = seed
        self._state = state
        self._selection = selection
        self._proposer = proposer

    def ask(self, number: int) -> Draft | Conversation | None:
        """What the proposer gives for one of several choices of parents."""
        answers = (self._proposer.ask(context) for context in self._contexts(number))
        return next((a for a in answers if a is not None), None)

    def tell(self, entry: Entry, gain: float | None) -> None:
        """One more commit; its gain, None when nobody has proposed it."""
        self._selection.tell(entry)
        if gain is not None:
            self._proposer.tell(entry, gain)

    def request_from(self, number: int) -> Request | None:
        """The next request that a proposal from this one on begins with, as things stand; None
        when the proposer would ask nobody.
        """
        answers = (self.ask(number + ahead) for ahead in range(PROMPT_WITHIN))
        conversations = (a for a in answers if a is not None and not isinstance(a, Draft))
        begun = (next(c, None) for c in conversations)  # None: its prompt would be too long
        return next((request for request in begun if request is not None), None)

    def _contexts(self, number: int) -> Iterator[Context]:
        for attempt in range(ATTEMPTS):
            rng = stream(self._seed, number, f"parents/{attempt}")
            front, valid = self._state.front(), self._state.parents()
            yield Context(
                number=number,
                signature=self._state.problem.signature,
                objectives=self._state.objectives,
                constraints=self._state.constraints,
                parents=self._selection.choose(number, front, valid, rng),
                front=front,
                committed=self._state.committed,
                is_stuck=self._state.is_stuck,
                random=self._named_streams(number, attempt),
            )

    def _named_streams(self, number: int, attempt: int) -> Callable[[str], np.random.Generator]:
        return lambda name: stream(self._seed, number, f"{name}/{attempt}")

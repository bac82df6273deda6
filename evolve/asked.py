"""A proposal on its way from being asked for to its commit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from archive.entry import EvaluationKey, Proposal
from evolve.bar import Bar
from evolve.proposers.proposer import Conversation, Draft, Rejection

if TYPE_CHECKING:
    from evolve.llm.message import Request


@dataclass(eq=False)
class Asked:
    """What is known of a proposal so far.

    What is said comes at once (`conversation` is None) or out of a conversation with a model; then
    it is a proposal in the journal, and waits for its evaluations.
    """

    number: int
    seen: int  # commits that it is made from
    conversation: Conversation | None = None
    request: Request | None = None  # the conversation's last one
    turn: int = -1  # of the conversation: the last request's number
    said: Draft | Rejection | None = None  # what it came to
    proposal: Proposal | None = None
    is_new: bool = True  # no earlier proposal has its normal form
    confirming: EvaluationKey | None = None
    bar: Bar | None = None  # what it is held against in a race; None: it is not raced

    @property
    def is_whole(self) -> bool:
        """Whether its proposer goes by its values, so that it is played on all workloads."""
        return isinstance(self.said, Draft) and self.said.is_whole

    @property
    def may_be_evaluated(self) -> bool:
        """Whether it counts against the budget of evaluations.

        A draft out of a conversation counts until it is committed, new or not: when an answer comes
        must not decide who is asked next.
        """
        return self.is_new or self.conversation is not None

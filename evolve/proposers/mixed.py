"""Models write programs, and between their proposals the embedded search works on what is there.

A call is what a run pays for, and a poor way to find a number or to try whether a term is needed: a
part of the evaluations goes to drafts that need no call. What the one finds is the other's parent.
"""

from __future__ import annotations

from archive.entry import Entry
from evolve.proposers.embedded import EmbeddedProposer
from evolve.proposers.proposer import Context, Conversation, Draft, Proposer


class MixedProposer:
    """Asks the embedded proposer now and then, and who writes programs else.

    Args:
        writer: asks models; is asked also whenever the other one has nothing to offer.
        embedded: asks nobody.
        share: of the proposals that are asked of the embedded one, 0 to 1.
    """

    def __init__(self, writer: Proposer, embedded: Proposer, share: float) -> None:
        self._writer = writer
        self._embedded = embedded
        self._share = share
        self.name = writer.name
        self._for_nothing: set[int] = set()  # numbers that the embedded one is to be told of

    def ask(self, context: Context) -> Draft | Conversation | None:
        """A draft that needs no call, or what the writer has to offer."""
        if context.random("mixed").random() < self._share:
            draft = self._embedded.ask(context)
            if draft is not None:
                self._for_nothing.add(context.number)
                return draft
        return self._writer.ask(context)

    def tell(self, entry: Entry, gain: float) -> None:
        """Tell whose proposal it was."""
        proposer = self._embedded if entry.number in self._for_nothing else self._writer
        self._for_nothing.discard(entry.number)
        proposer.tell(entry, gain)


def with_embedded(writer: Proposer, share: float) -> Proposer:
    """The writer, and beside it the embedded search with so large a share of the proposals."""
    return MixedProposer(writer, EmbeddedProposer(), share) if share else writer

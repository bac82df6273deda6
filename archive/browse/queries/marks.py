"""What people mark: favourites and notes on entries, kept as messages in the run's journal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from archive.entry import Message

FAVOURITE, NOTE = "favourite", "note"  # kinds of messages


@dataclass(frozen=True)
class Marks:
    """The marks of a run as of its last message."""

    favourites: frozenset[int] = frozenset()
    notes: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    last: int = 0  # the id of the last message that was read

    def read(self, messages: Iterable[Message]) -> Marks:
        """The marks after some more messages; other kinds say nothing here."""
        favourites, notes, last = set(self.favourites), dict(self.notes), self.last
        for message in messages:
            last = message.id
            if message.kind == FAVOURITE:
                number = message.content["entry"]
                (favourites.add if message.content["is_one"] else favourites.discard)(number)
            elif message.kind == NOTE:
                number = message.content["entry"]
                notes[number] = (*notes.get(number, ()), message.content["text"])
        return Marks(frozenset(favourites), notes, last)


def favourite(number: int, is_one: bool) -> tuple[str, dict[str, object]]:
    """The message that makes an entry a favourite, or no longer one."""
    return FAVOURITE, {"entry": number, "is_one": is_one}


def note(number: int, text: str) -> tuple[str, dict[str, object]]:
    """The message that says something of an entry."""
    return NOTE, {"entry": number, "text": text}

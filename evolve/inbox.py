"""What people say to a run that goes on: answers and hints, read from the journal's messages."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from archive.journal import Journal

if TYPE_CHECKING:
    from evolve.llm.message import Request

ANSWER, HINT = "answer", "hint"  # kinds of messages
_READ_EVERY_S = 0.25


class Inbox:
    """The messages so far. What is made of them is journalled by whoever takes them in."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._last = 0
        self._answers: dict[str, str] = {}  # by the digest of the request: the first that came
        self._news = asyncio.Event()
        self.hints: list[str] = []
        self.read()

    def read(self) -> None:
        """Read what is new."""
        for message in self._journal.messages(after=self._last):
            self._last = message.id
            if message.kind == ANSWER:
                self._answers.setdefault(message.content["request"], message.content["text"])
            elif message.kind == HINT:
                self.hints.append(message.content["text"])

    async def watch(self) -> None:
        """Read again and again."""
        while True:
            await asyncio.sleep(_READ_EVERY_S)
            self.read()
            self._news.set()
            self._news = asyncio.Event()

    async def answer(self, request: Request) -> str:
        """The first answer to a request, once it is there."""
        while request.digest not in self._answers:
            await self._news.wait()
        return self._answers[request.digest]

"""People, and programs that speak for themselves, answer the same requests as models."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from archive.entry import Amount

if TYPE_CHECKING:
    from evolve.calls import Models
    from evolve.events import StopReason
    from evolve.inbox import Inbox
    from evolve.llm.caller import CallEvent
    from evolve.llm.message import Reply, Request

PERSON = "person"  # the model of requests that people answer
_NOTHING = Amount()


class People:
    """`evolve.calls.Models`: waits for what people answer, and hands on what is not theirs."""

    def __init__(self, inbox: Inbox, others: Models | None) -> None:
        """`others`: who answers as a model; None: nobody does, such a request waits unsent."""
        self._inbox = inbox
        self._others = others
        self._numbers = itertools.count(1)

    async def complete(self, request: Request, observer: Callable[[CallEvent], None]) -> Reply:
        """The answer, which costs nothing and may never come; or what a model replies."""
        if request.model == PERSON:
            return await self._answered(request, observer)
        if self._others is None:
            await asyncio.Event().wait()
        assert self._others is not None
        return await self._others.complete(request, observer)

    async def _answered(self, request: Request, observer: Callable[[CallEvent], None]) -> Reply:
        from evolve.llm.caller import Answered, Cancelled, Sent
        from evolve.llm.message import Reply, Usage

        call = next(self._numbers)
        observer(Sent(call, request, _NOTHING))
        try:
            text = await self._inbox.answer(request)
        except asyncio.CancelledError:
            observer(Cancelled(call, _NOTHING))
            raise
        reply = Reply(text, PERSON, Usage(0, 0), "stop", b"", usd=Decimal(0))
        observer(Answered(call, reply, _NOTHING, True))
        return reply

    def ended(self) -> StopReason | None:
        """Why no model can be asked any more, if so; people always can."""
        return self._others.ended() if self._others else None

    def affords(self, requests: Sequence[Request]) -> bool:
        """Whether the budget of the models pays for these requests to them."""
        return self._others is None or self._others.affords(requests)

    async def close(self) -> None:
        """Close the models."""
        if self._others:
            await self._others.close()

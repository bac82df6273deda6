"""Stand-ins for models: who answers after a drawn delay, and a proposer that asks."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from archive.entry import Amount, Entry
from evolve.calls import Models
from evolve.llm.caller import Answered, CallEvent, Cancelled, Failed, Sent
from evolve.llm.failure import CallError
from evolve.llm.message import Message, Reply, Request, Usage
from evolve.proposers.proposer import Context, Conversation, Draft, NoAnswer, Rejection

WORST = Amount(100)


class Echo(Models):
    """Answers with the number that the request's seed makes; every tenth answer fails."""

    def __init__(self, delay_s: Callable[[], float], first_call: int = 1) -> None:
        self.asked: list[Request] = []
        self.most_at_once = 0
        self._at_once = 0
        self._delay_s = delay_s
        self._numbers = itertools.count(first_call)

    async def complete(self, request: Request, observer: Callable[[CallEvent], None]) -> Reply:
        number = next(self._numbers)
        observer(Sent(number, request, WORST))
        self.asked.append(request)
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            await asyncio.sleep(self._delay_s())
        except asyncio.CancelledError:
            observer(Cancelled(number, WORST))
            raise
        self._at_once -= 1
        seed = request.seed or 0
        if seed % 10 == 9:
            error = CallError("empty", "nothing to say")
            observer(Failed(number, error, WORST, False))
            raise error
        reply = Reply(f"scale {self.scale(number, seed)}", "echo", Usage(9, 3), "stop", b"{}")
        observer(Answered(number, reply, Amount(12), True))
        return reply

    def scale(self, number: int, seed: int) -> float:
        return round(seed % 97 / 97, 2)

    def ended(self) -> None:
        return None

    def affords(self, requests: Sequence[Request]) -> bool:
        return True

    async def close(self) -> None:
        pass


class Asker:
    """Asks for a scale; a scale below a tenth is sent back once."""

    name = "asker"

    def __init__(self) -> None:
        self.told: list[int] = []
        self._gained = 0.0

    def ask(self, context: Context) -> Conversation:
        parent = context.parents[0]
        words = f"{parent.proposal.source}\n{self._gained > 0.05}"  # what was told shows
        return self._converse(words, context.random("seed"), parent.number)

    def _converse(self, words, random, parent) -> Conversation:
        for _ in range(2):
            message = Message("user", words)
            answer = yield Request("echo/x", (message,), 50, seed=int(random.integers(1000)))
            if isinstance(answer, NoAnswer):
                return Rejection(answer.reason, (parent,), "asker")
            scale = float(re.findall(r"[\d.]+", answer.text)[0])
            if scale >= 0.1:
                source = f"def guess(last):\n    return {scale} * last\n"
                return Draft(source, (parent,), "asker", idea=answer.text)
            words = "a larger one"
        return Rejection("too small twice", (parent,), "asker")

    def tell(self, entry: Entry, gain: float) -> None:
        self.told.append(entry.number)
        self._gained += gain


class Writers(Models):
    """Models that write at once what `text` makes of a request and its number.

    A reply costs 12 tokens, and of a model that has a price in `usd` so many dollars.
    """

    def __init__(
        self,
        text: Callable[[Request, int], str],
        usd: Mapping[str, str] | None = None,
        first_call: int = 1,
    ) -> None:
        self.asked: list[Request] = []
        self._text = text
        self._usd = usd or {}
        self._numbers = itertools.count(first_call)

    async def complete(self, request: Request, observer: Callable[[CallEvent], None]) -> Reply:
        self.asked.append(request)
        number = next(self._numbers)
        observer(Sent(number, request, WORST))
        usd = Decimal(self._usd[request.model]) if request.model in self._usd else None
        text = self._text(request, number)
        reply = Reply(text, "writer", Usage(9, 3), "stop", b"{}", usd=usd)
        observer(Answered(number, reply, Amount(12, usd or Decimal(0)), True))
        return reply

    def ended(self) -> None:
        return None

    def affords(self, requests: Sequence[Request]) -> bool:
        return True

    async def close(self) -> None:
        pass

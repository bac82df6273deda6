"""The skill stub where a run's models are: calls are counted and journalled, no wire is used."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from evolve.calls import Models
from evolve.events import StopReason
from evolve.llm.caller import Answered, CallEvent, Sent
from evolve.llm.message import Reply, Request, Usage
from evolve.llm.purse import BudgetEndedError
from evolve.llm.spending import actual, worst_case
from tests.bench.skill_stub import SkillStub

BYTES_PER_TOKEN = 4


class SkilledModels(Models):
    """Answers at once, so many calls and no more."""

    def __init__(self, stub: SkillStub, calls: int) -> None:
        self.asked = 0
        self._stub = stub
        self._calls = calls

    async def complete(self, request: Request, observer: Callable[[CallEvent], None]) -> Reply:
        if self.ended():
            raise BudgetEndedError(f"{self._calls} calls were made, and no more are allowed")
        self.asked += 1
        number = self.asked
        observer(Sent(number, request, worst_case(request, None)))
        text = self._stub.answer(request.messages[-1].content, request.seed or 0)
        usage = Usage(_tokens(*(m.content for m in request.messages)), _tokens(text))
        reply = Reply(text, request.model, usage, "stop", text.encode())
        observer(Answered(number, reply, actual(usage, None), True))
        return reply

    def ended(self) -> StopReason | None:
        return "spent" if self.asked >= self._calls else None

    def affords(self, requests: Sequence[Request]) -> bool:
        return self.asked + len(requests) <= self._calls

    async def close(self) -> None:
        pass


def _tokens(*texts: str) -> int:
    return sum(len(t.encode()) for t in texts) // BYTES_PER_TOKEN

"""What the tests of clients share: endpoints at the stub, requests, and a time of their own."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from evolve.llm.connecting import connect
from evolve.llm.endpoint import Endpoint
from evolve.llm.failure import CallError
from evolve.llm.keys import Scrubber, Secret
from evolve.llm.message import Client, Message, Reply, Request
from evolve.llm.timing import Timing
from tests.stub_models.faults import FAULTS
from tests.stub_models.server import Received, StubModels, running

KEY = "sk-proj-C4n4ryB1rd5ing7AtD4wn9xQz"
# one through each SDK; groq's and vLLM's ways through litellm differ in what they make of faults
MODELS = ("openai/gpt-x", "anthropic/claude-x", "groq/llama-x", "hosted_vllm/qwen-x")


def base_url(model: str, url: str) -> str:
    return url if model.startswith("anthropic/") else f"{url}/v1"


def client_of(model: str, stub: StubModels, url: str | None = None, **given: Any) -> Client:
    key = Secret(KEY)
    endpoint = Endpoint(model, base_url(model, url or stub.url), key, **given)
    return connect(endpoint, Scrubber([key]))


@dataclass(frozen=True)
class Met:
    """What became of a call that met a fault."""

    outcome: Reply | CallError
    requests: Sequence[Received]  # that the stub saw


def meet_all(model: str, faults: Iterable[str] = FAULTS) -> dict[str, Met]:
    """One call per fault, one after the other."""
    current = ["ok"]
    with running(StubModels(lambda number: current[0])) as stub:
        return run(_meet_all(model, faults, stub, current))


async def _meet_all(
    model: str, faults: Iterable[str], stub: StubModels, current: list[str]
) -> dict[str, Met]:
    # short where the fault is one of time; else long, for the machine may be busy
    patient, hasty = (client_of(model, stub, timeout_s=s) for s in (60.0, 1.0))
    met = {}
    for fault in faults:
        current[0] = fault
        before = len(stub.requests)
        outcome: Reply | CallError
        try:
            client = hasty if fault in ("silence", "slow drip") else patient
            outcome = await client.complete(request(model))
        except CallError as error:
            outcome = error
        met[fault] = Met(outcome, stub.requests[before:])
    await patient.close()
    await hasty.close()
    return met


def request(model: str, text: str = "improve this", **given: Any) -> Request:
    said = (Message("system", "You write policies."), Message("user", text))
    return Request(model, said, given.pop("max_output_tokens", 64), **given)


def ask(client: Client, asked: Request) -> Reply:
    """One call in a loop of its own, connections closed after it."""

    async def once() -> Reply:
        try:
            return await client.complete(asked)
        finally:
            await client.close()

    return asyncio.run(once())


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(coroutine)


class VirtualTime:
    """Time that passes only when everybody waits: the earliest sleeper wakes first."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.slept_s: list[float] = []
        self._wakes: list[float] = []
        self._changes = 0  # of those who sleep

    @property
    def timing(self) -> Timing:
        return Timing(lambda: self.now_s, self.sleep)

    async def sleep(self, seconds: float) -> None:
        self.slept_s.append(seconds)
        wake_s = self.now_s + seconds
        heapq.heappush(self._wakes, wake_s)
        self._changes += 1
        try:
            while True:
                changes = self._changes
                for _ in range(20):  # let all others come to where they wait
                    await asyncio.sleep(0)
                if changes == self._changes and self._wakes[0] >= wake_s:
                    self.now_s = max(self.now_s, wake_s)
                    return
        finally:
            self._wakes.remove(wake_s)
            heapq.heapify(self._wakes)
            self._changes += 1

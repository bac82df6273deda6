"""Calls to models: python -m tests.bench.bench_calls [ENTRIES]

Answers take their time and nothing else: no HTTP, no sandbox. What is measured is how well the
engine keeps the calls that may be on the wire busy, and what a candidate costs it in CPU time.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Callable, Sequence

from archive.entry import Amount
from evaluators.registry import ProblemSpec
from evolve.events import Committed, Event, Observer
from evolve.llm.caller import Answered, CallEvent, Sent
from evolve.llm.message import Reply, Request, Usage
from evolve.search import run
from evolve.settings import ModelSettings, Settings
from tests.bench.made_up import MadeUp
from tests.stub_models.plans import Latency, constant, lognormal

SPEC = ProblemSpec("expert_placement")
SEEDS = len(SPEC.load().baselines())
SIZES = (100, 1_000, 5_000, 20_000)
SPENT = Amount(1200, unpriced_tokens=1200)


class Delayed:
    """Models that answer after a drawn time, to so many requests at once."""

    def __init__(self, latency_s: Latency, concurrency: int) -> None:
        self.concurrency = concurrency
        self.calls: list[tuple[float, float]] = []  # when each was sent, and how long it takes
        self._latency_s = latency_s
        self._slots = asyncio.Semaphore(concurrency)

    async def complete(self, request: Request, observer: Callable[[CallEvent], None]) -> Reply:
        async with self._slots:
            number, wait_s = len(self.calls) + 1, self._latency_s(len(self.calls))
            observer(Sent(number, request, SPENT))
            self.calls.append((time.monotonic(), wait_s))
            await asyncio.sleep(wait_s)
        reply = Reply(program(request), "delayed", Usage(1000, 200), "stop", b"{}")
        observer(Answered(number, reply, SPENT, True))
        return reply

    def ended(self) -> None:
        return None

    def affords(self, requests: Sequence[Request]) -> bool:
        return True

    async def close(self) -> None:
        pass

    @property
    def ideal_s(self) -> float:
        """What the calls take when a slot is never empty."""
        return sum(wait_s for _, wait_s in self.calls) / self.concurrency

    def busy(self) -> float:
        """Share of the slots that were on the wire, from the first call until the last is sent."""
        began_s, ended_s = self.calls[0][0], self.calls[-1][0]
        used_s = sum(min(sent_s + wait_s, ended_s) - sent_s for sent_s, wait_s in self.calls)
        return used_s / (self.concurrency * (ended_s - began_s))


def program(request: Request) -> str:
    """A policy of its own for every request."""
    number = int(request.digest[:12], 16)
    source = f"def rebalance_experts(previous):\n    return previous + {number}"
    return f"Add a constant.\n\n```python\n{source}\n```"


def search(models: Delayed, candidates: int, observer: Observer, executor: MadeUp) -> None:
    with tempfile.TemporaryDirectory() as archive:
        settings = Settings(
            SPEC, evaluations=SEEDS + candidates, seed=1, archive=archive, name="bench",
            model=ModelSettings(names=("made/up",), concurrency=models.concurrency), tokens=10**12,
        )  # fmt: skip
        run(settings, observer, executor=executor, models=models)


def bench_slots(name: str, models: Delayed, candidates: int) -> None:
    """How well the slots were used."""
    search(models, candidates, lambda event: None, MadeUp(SPEC.load()))
    wall_s = max(sent_s + wait_s for sent_s, wait_s in models.calls) - models.calls[0][0]
    print(
        f"{name}, {models.concurrency} at once, {len(models.calls)} calls: wall / ideal "
        f"{wall_s / models.ideal_s:.3f}, slots busy {100 * models.busy():.1f} %"
    )


def bench_cpu(most: int) -> None:
    """CPU time of the engine's process per candidate, at several sizes of the archive."""
    executor = MadeUp(SPEC.load())
    began: dict[int, float] = {}  # where a measurement ends -> CPU seconds where it began

    def observe(event: Event) -> None:
        if not isinstance(event, Committed):
            return
        number, cpu_s = event.entry.number, time.process_time() - executor.cpu_s
        if 2 * number in SIZES:
            began[2 * number] = cpu_s
        if number in began:
            each_ms = 1e3 * (cpu_s - began[number]) / (number // 2)
            print(f"{number // 2:>6} .. {number:>6}  {each_ms:>28.2f}", flush=True)

    print(f"{'entries':>16}  {'engine ms CPU per candidate':>28}")
    search(Delayed(constant(0.0), 16), most, observe, executor)


def main(most: int) -> None:
    bench_slots("1 s each", Delayed(constant(1.0), 4), 200)
    bench_slots("lognormal, mean 10 s", Delayed(lognormal(10.0, seed=1), 64), 640)
    bench_cpu(most)


if __name__ == "__main__":
    main(int((sys.argv[1:] or ["20000"])[0]))

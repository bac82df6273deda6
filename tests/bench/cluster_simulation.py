"""Where one driver saturates: python -m tests.bench.cluster_simulation [MS MS MS]

A discrete-event simulation of the loop that `bench_cluster` measures the parts of. The engine is
one thread that takes all that has arrived at once: it journals each, hands over a job for each from
its queue, then decides on each and proposes anew. The broker is one thread that serves jobs and
answers in the order of their coming. Slots play for a time drawn from a lognormal distribution. As
many jobs are under way as there are slots.

    ENGINE_MS    CPU per candidate with few under way, of which `JOURNALS` before the next hand-over
    ADDED_MS     what a thousand more under way add to it
    BROKER_MS    CPU per evaluation, half of it for the job and half for the answer
"""

from __future__ import annotations

import heapq
import itertools
import math
import random
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

JOURNALS = 0.3  # of the engine's work for a candidate lies before the next job is handed over
SPREAD = 0.5  # coefficient of variation of an evaluation's length
LENGTHS_S = (1.0, 10.0, 60.0)
SLOTS = (64, 1_000, 10_000)
ROUNDS = 8  # evaluations per slot, of which the first two do not count
SETTLING = 2


@dataclass(frozen=True, slots=True)
class Costs:
    """Seconds of CPU."""

    engine_s: float
    engine_per_slot_s: float
    broker_s: float

    def candidate_s(self, slots: int) -> float:
        """The engine's, with so many under way."""
        return self.engine_s + slots * self.engine_per_slot_s


@dataclass(frozen=True, slots=True)
class Load:
    """Shares of the time that was counted."""

    slots: float
    engine: float
    broker: float
    per_s: float  # evaluations


class Driver:
    """Engine, broker and slots on one clock."""

    def __init__(self, costs: Costs, slots: int, length_s: float, seed: int) -> None:
        self._costs = costs
        self._slots = slots
        self._rng = random.Random(seed)
        self._sigma = math.sqrt(math.log(1 + SPREAD**2))
        self._mu = math.log(length_s) - self._sigma**2 / 2
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._now_s = 0.0
        self._broker: deque[Callable[[], None]] = deque()
        self._is_brokering = self._is_deciding = False
        self._arrived = 0
        self._done = 0
        self._playing = 0
        self._changed_s = 0.0  # when `_playing` last did
        self._spent = {"slots": 0.0, "engine": 0.0, "broker": 0.0}

    def run(self) -> Load:
        """Play `ROUNDS` evaluations per slot."""
        for _ in range(self._slots):
            self._to_broker(self._play)
        began_s, before = 0.0, dict(self._spent)
        while self._done < ROUNDS * self._slots:
            self._now_s, _, act = heapq.heappop(self._events)
            act()
            if self._done <= SETTLING * self._slots:
                began_s, before = self._now_s, dict(self._spent)
        took_s = self._now_s - began_s
        spent = {k: (v - before[k]) / took_s for k, v in self._spent.items()}
        number = (ROUNDS - SETTLING) * self._slots
        return Load(spent["slots"] / self._slots, spent["engine"], spent["broker"], number / took_s)

    def _after(self, delay_s: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._events, (self._now_s + delay_s, next(self._order), act))

    def _to_broker(self, then: Callable[[], None]) -> None:
        self._broker.append(then)
        if not self._is_brokering:
            self._serve()

    def _serve(self) -> None:
        self._is_brokering = bool(self._broker)
        if self._is_brokering:
            then, took_s = self._broker.popleft(), self._costs.broker_s / 2
            self._spent["broker"] += took_s
            self._after(took_s, lambda: (then(), self._serve()))  # type: ignore[func-returns-value]

    def _change(self, more: int) -> None:
        """More or fewer slots play from now on."""
        self._spent["slots"] += self._playing * (self._now_s - self._changed_s)
        self._playing, self._changed_s = self._playing + more, self._now_s

    def _play(self) -> None:
        self._change(1)
        length_s = self._rng.lognormvariate(self._mu, self._sigma)
        self._after(length_s, self._played)

    def _played(self) -> None:
        self._change(-1)
        self._to_broker(self._arrive)

    def _arrive(self) -> None:
        self._done += 1
        self._arrived += 1
        if not self._is_deciding:
            self._take()

    def _take(self) -> None:
        """Journal all that has arrived and hand on as many; then decide on each."""
        number, self._arrived = self._arrived, 0
        self._is_deciding = number > 0
        if number:
            took_s = number * self._costs.candidate_s(self._slots)
            self._spent["engine"] += took_s
            for i in range(number):
                each_s = took_s * JOURNALS * (i + 1) / number
                self._after(each_s, lambda: self._to_broker(self._play))
            self._after(took_s, self._take)


def main(engine_ms: float, per_1000_ms: float, broker_ms: float) -> None:
    """A table over slots and lengths, from ENGINE_MS, ADDED_MS and BROKER_MS."""
    costs = Costs(engine_ms / 1e3, per_1000_ms / 1e6, broker_ms / 1e3)
    print(f"engine {engine_ms} ms + {per_1000_ms} ms per 1,000 under way, broker {broker_ms} ms")
    print(
        "| slots | evaluation | slots busy | engine busy | broker busy | evaluations per second |"
    )
    print("|---|---|---|---|---|---|")
    for slots in SLOTS:
        for length_s in LENGTHS_S:
            load = Driver(costs, slots, length_s, seed=1).run()
            shares = " | ".join(f"{x:.0%}" for x in (load.slots, load.engine, load.broker))
            print(f"| {slots:,} | {length_s:.0f} s | {shares} | {load.per_s:.1f} |")


if __name__ == "__main__":
    main(*(float(word) for word in sys.argv[1:4] or ("4", "5", "2")))

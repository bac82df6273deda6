"""Where one driver saturates: python -m tests.bench.cluster_simulation [ENGINE_MS BROKER_MS]

A discrete-event simulation of the loop that `bench_cluster` measures the parts of. The engine is
one thread: it journals all that has arrived, hands on as many jobs, decides on what can be decided
and proposes anew. The broker is one thread, too. Slots play for a lognormal time. Of the candidates
a share joins the front and waits for a confirming run, which goes before all others. With `order`
the later ones wait with it (a run without models, or an exact one), else nobody does (a run with
models). `LOOKAHEAD` times as many proposals as slots are open.
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
LOOKAHEAD = 4
SLOTS = (64, 1_000, 10_000)
LENGTHS_S = (1.0, 10.0, 60.0)
FRONT = 0.01  # share of the candidates
ROUNDS = 6  # evaluations per slot, of which the first two do not count
SETTLING = 2


@dataclass(frozen=True, slots=True)
class Costs:
    """Seconds of CPU per candidate."""

    engine_s: float
    broker_s: float


class Driver:
    """Engine, broker and slots on one clock. Candidates are numbered as they are proposed."""

    def __init__(
        self, costs: Costs, slots: int, length_s: float, front: float, order: bool, seed: int = 1
    ) -> None:
        self._costs, self._slots, self._front, self._order = costs, slots, front, order
        self._rng = random.Random(seed)
        self._sigma = math.sqrt(math.log(1 + SPREAD**2))
        self._mu = math.log(length_s) - self._sigma**2 / 2
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._ties = itertools.count()
        self._now_s = self._changed_s = 0.0
        self._broker: deque[Callable[[], None]] = deque()
        self._is_brokering = self._is_deciding = False
        self._queue: deque[int] = deque()  # jobs, by candidate; a confirming one comes again
        self._flying = self._playing = self._done = 0
        self._landed: list[int] = []
        self._arrived: dict[int, int] = {}  # candidate -> how many of its runs are there
        self._joins: dict[int, bool] = {}
        self._confirming: set[int] = set()
        self._next = self._head = 0
        self._spent = {"slots": 0.0, "engine": 0.0, "broker": 0.0}

    def run(self) -> tuple[float, float, float, float]:
        """Shares of slots, engine and broker that are busy, and evaluations per second."""
        self._propose(LOOKAHEAD * self._slots)
        self._hand_over(self._slots)
        began_s, begun, before = 0.0, 0, dict(self._spent)
        while self._done < ROUNDS * self._slots:
            self._now_s, _, act = heapq.heappop(self._events)
            act()
            if self._done <= SETTLING * self._slots:
                self._change(0)
                began_s, begun, before = self._now_s, self._done, dict(self._spent)
        self._change(0)
        took_s = self._now_s - began_s
        busy = {k: (v - before[k]) / took_s for k, v in self._spent.items()}
        rate = (self._done - begun) / took_s
        return busy["slots"] / self._slots, busy["engine"], busy["broker"], rate

    def _after(self, delay_s: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._events, (self._now_s + delay_s, next(self._ties), act))

    # -- broker and slots ----------------------------------------------------------------------

    def _to_broker(self, then: Callable[[], None]) -> None:
        self._broker.append(then)
        if not self._is_brokering:
            self._serve()

    def _serve(self) -> None:
        self._is_brokering = bool(self._broker)
        if self._is_brokering:
            then = self._broker.popleft()

            def served() -> None:
                self._spent["broker"] += self._costs.broker_s / 2
                then()
                self._serve()

            self._after(self._costs.broker_s / 2, served)

    def _change(self, more: int) -> None:
        """More or fewer slots play from now on."""
        self._spent["slots"] += self._playing * (self._now_s - self._changed_s)
        self._playing, self._changed_s = self._playing + more, self._now_s

    def _play(self, number: int) -> None:
        self._change(1)
        self._after(self._rng.lognormvariate(self._mu, self._sigma), lambda: self._played(number))

    def _played(self, number: int) -> None:
        self._change(-1)
        self._done += 1
        self._to_broker(lambda: self._land(number))

    # -- engine --------------------------------------------------------------------------------

    def _land(self, number: int) -> None:
        self._landed.append(number)
        self._flying -= 1
        if not self._is_deciding:
            self._take()

    def _take(self) -> None:
        """Journal what has landed, hand on, decide and propose; then again, if there is more."""
        landed, self._landed = self._landed, []
        self._is_deciding = bool(landed)
        if not landed:
            return
        journal_s = len(landed) * JOURNALS * self._costs.engine_s
        self._after(journal_s, lambda: self._hand_over(self._slots))
        for number in landed:
            self._arrived[number] = self._arrived.get(number, 0) + 1
        decided = self._decide(landed)
        self._propose(decided)
        decide_s = decided * (1 - JOURNALS) * self._costs.engine_s

        def end() -> None:
            self._spent["engine"] += journal_s + decide_s
            self._hand_over(self._slots)
            self._take()

        self._after(journal_s + decide_s, end)

    def _decide(self, landed: list[int]) -> int:
        """How many are committed."""
        if not self._order:
            return sum(self._is_decided(number) for number in landed)
        decided = 0
        while self._arrived.get(self._head) and self._is_decided(self._head):
            del self._arrived[self._head]
            self._head += 1
            decided += 1
        return decided

    def _is_decided(self, number: int) -> bool:
        """Whether all its runs are there; the confirming one is asked for when the first is."""
        joins = self._joins.setdefault(number, self._rng.random() < self._front)
        if not joins or self._arrived[number] == 2:
            return True
        if number not in self._confirming:
            self._confirming.add(number)
            self._queue.appendleft(number)
        return False

    def _propose(self, count: int) -> None:
        self._queue.extend(range(self._next, self._next + count))
        self._next += count

    def _hand_over(self, most: int) -> None:
        while self._queue and self._flying < most:
            number = self._queue.popleft()
            self._flying += 1
            self._to_broker(lambda number=number: self._play(number))  # type: ignore[misc]


def main(engine_ms: float, broker_ms: float) -> None:
    """A table over slots, lengths, and how commits wait."""
    costs = Costs(engine_ms / 1e3, broker_ms / 1e3)
    print(f"engine {engine_ms} ms, broker {broker_ms} ms per candidate\n")
    print(
        "| slots | evaluation | join the front | commits | slots | engine | broker | per second |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for slots, length_s in itertools.product(SLOTS, LENGTHS_S):
        for front, order in ((0.0, True), (FRONT, True), (FRONT, False)):
            *busy, rate = Driver(costs, slots, length_s, front, order).run()
            shares = " | ".join(f"{x:.0%}" for x in busy)
            waits = "in order" if order else "as they come"
            print(
                f"| {slots:,} | {length_s:.0f} s | {front:.0%} | {waits} | {shares} | {rate:.1f} |"
            )


if __name__ == "__main__":
    main(*(float(word) for word in sys.argv[1:3] or ("4", "2")))

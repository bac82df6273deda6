"""What a cluster costs: python -m tests.bench.bench_cluster [overhead|busy|costs]

overhead  one evaluation after another in one slot: on a Ray of this machine against the local pool.
busy      a search whose slots sleep instead of playing: how much of 64 slots' time is slept, and
          what CPU engine and broker spend per evaluation.
costs     the engine's CPU per candidate with so many evaluations under way: for cluster_simulation.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path
from statistics import median

from evaluators.execution.cluster.ray_executor import RayExecutor
from evaluators.execution.executor import Executor, Job, Report
from evaluators.execution.local import LocalExecutor
from evolve.events import Committed, Event
from evolve.search import run
from evolve.settings import Settings
from tests.bench.made_up import MadeUp
from tests.bench.sleeping_broker import SLEEP_S
from tests.problems import GUESS

SLOTS = 64
ROUNDS = 5  # evaluations per slot
STARTING = {  # so many workers on few CPUs: a few at a time, and none is given up
    "RAY_worker_maximum_startup_concurrency": "4",
    "RAY_worker_register_timeout_seconds": "600",
}
SETTLED = (0.2, 0.8)  # of the run: with neither start nor end
TICK_HZ = os.sysconf("SC_CLK_TCK")


def overhead(count: int = 60) -> None:
    """Medians of the time from submission to report."""
    with closing(LocalExecutor(GUESS, 1)) as here, closing(RayExecutor(GUESS, "ray", 1)) as there:
        took = {"local": [], "ray": []}  # type: dict[str, list[float]]
        for i in range(count):
            for name, pool in (("local", here), ("ray", there)):
                took[name].append(
                    seconds_of(pool, Job(f"def guess(last): return last # {i}", "tiny"))
                )
    local_ms, ray_ms = (1e3 * median(took[name]) for name in ("local", "ray"))
    print(f"an evaluation: local {local_ms:.1f} ms, ray {ray_ms:.1f} ms")


def seconds_of(pool: Executor, job: Job) -> float:
    """From submission to report."""
    began = time.perf_counter()
    pool.submit(job).result()
    return time.perf_counter() - began


class Watched:
    """An executor, and when each job was done and how long it had slept."""

    def __init__(self, inner: RayExecutor) -> None:
        self._inner = inner
        self.slept: list[tuple[float, float]] = []  # from, until

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    def submit(self, job: Job) -> Future[Report]:
        future = self._inner.submit(job)
        future.add_done_callback(self._note)
        return future

    def _note(self, future: Future[Report]) -> None:
        now = time.monotonic()
        self.slept.append((now - future.result().wall_s, now))


def busy(slots: int = SLOTS) -> None:
    """The share of the slots' time that was slept, once all of them are there."""
    os.environ |= STARTING
    pool = RayExecutor(GUESS, "ray", slots, broker="tests.bench.sleeping_broker")
    while pool.state().slots < slots:
        time.sleep(0.5)
    watched, spent = Watched(pool), cpu_s(pool.broker_pid)
    own = time.process_time()
    with tempfile.TemporaryDirectory() as archive:
        settings = Settings(
            GUESS, evaluations=slots * ROUNDS, lookahead=4 * slots, archive=archive, name="bench"
        )
        closing_cpu: list[float] = []
        watched.close = lambda: closing_cpu.append(cpu_s(pool.broker_pid)) or pool.close()  # type: ignore[method-assign, attr-defined]
        run(settings, executor=watched)  # type: ignore[arg-type]
    number = len(watched.slept)
    broker_ms = 1e3 * (closing_cpu[0] - spent) / number
    engine_ms = 1e3 * (time.process_time() - own) / number
    slept = share(watched.slept, slots)
    print(f"{slots} slots, {number} evaluations of {SLEEP_S} s: {slept:.1%} of their time slept")
    print(f"CPU per evaluation: engine {engine_ms:.1f} ms, broker and Ray {broker_ms:.1f} ms")


def share(slept: list[tuple[float, float]], slots: int) -> float:
    """Of the slots' time in the settled part."""
    ends = sorted(until for _, until in slept)
    begin, end = (ends[int(part * (len(ends) - 1))] for part in SETTLED)
    inside = sum(max(0.0, min(b, end) - max(a, begin)) for a, b in slept)
    return inside / (slots * (end - begin))


def cpu_s(pid: int | None) -> float:
    """What a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK_HZ


class Held(MadeUp):
    """Made-up outcomes that come in any order, `slots` of them always under way."""

    def __init__(self, slots: int) -> None:
        super().__init__(GUESS.load())
        self.slots = slots
        self._rng = random.Random(1)
        self._held: list[Callable[[], None]] = []
        self._changed = threading.Condition()
        threading.Thread(target=self._release, daemon=True).start()

    def submit(self, job: Job) -> Future[Report]:
        report, future = super().submit(job).result(), Future[Report]()
        with self._changed:
            self._held.append(lambda: future.set_result(report))
            self._changed.notify()
        return future

    def _release(self) -> None:
        """One when there are enough of them, or when the engine asks for no more."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: len(self._held) >= self.slots, 0.002)
                if not self._held:
                    continue
                one = self._held.pop(self._rng.randrange(len(self._held)))
            one()


def costs(sizes: tuple[int, ...] = (64, 250, 1_000)) -> None:
    """The engine thread's CPU per candidate, over the settled part of a run."""
    for slots in sizes:
        marks: list[tuple[int, float]] = []

        def observe(event: Event, marks: list[tuple[int, float]] = marks) -> None:
            if isinstance(event, Committed):
                marks.append((event.entry.number, time.thread_time()))

        with tempfile.TemporaryDirectory() as archive:
            settings = Settings(
                GUESS, evaluations=slots + 400, lookahead=2 * slots, archive=archive, name="b",
                exact=True,
            )  # fmt: skip
            run(settings, observe, executor=Held(slots))
        (_, began), (_, ended) = marks[-301], marks[-101]
        print(
            f"{slots:>6} under way: engine {1e3 * (ended - began) / 200:.2f} ms CPU per candidate"
        )


if __name__ == "__main__":
    kinds = {"overhead": overhead, "busy": busy, "costs": costs}
    for kind in sys.argv[1:] or kinds:
        kinds[kind]()  # type: ignore[operator]

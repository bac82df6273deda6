"""What a cluster costs: python -m tests.bench.bench_cluster [overhead|busy|costs]

overhead  one evaluation after another in one slot: on a Ray of this machine against the local pool.
busy      slots that sleep instead of playing, fed as an engine feeds them: how much of 64 slots'
          time is slept, and what CPU executor and broker spend per evaluation.
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
from importlib.util import find_spec
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
    """Medians of what passes from submission to report beside the evaluator's own time."""
    with closing(LocalExecutor(GUESS, 1)) as here, closing(RayExecutor(GUESS, "ray", 1)) as there:
        for name, pool in (("local", here), ("ray", there)):
            jobs = [Job(f"def guess(last): return last # {i}", "tiny") for i in range(count)]
            around_ms, own_ms = zip(*(times_ms(pool, job) for job in jobs), strict=True)
            print(f"{name:>6}: {median(around_ms):.1f} ms around {median(own_ms):.1f} ms")


def times_ms(pool: Executor, job: Job) -> tuple[float, float]:
    """Of one evaluation: what passes around it, and its own time."""
    began = time.perf_counter()
    own_s = pool.submit(job).result().wall_s
    return 1e3 * (time.perf_counter() - began - own_s), 1e3 * own_s


def busy(slots: int = SLOTS) -> None:
    """The share of the slots' time that was slept, once all of them are there."""
    os.environ |= STARTING
    jobs = [Job(f"def guess(last): return last # {i}", "search") for i in range(slots * ROUNDS)]
    with closing(RayExecutor(GUESS, "ray", slots, broker="tests.bench.sleeping_broker")) as pool:
        while pool.state().slots < slots:
            time.sleep(0.5)
        before_s, own_s = cpu_s(pool.broker_pid), time.process_time()
        slept = fed(pool, jobs)
        broker_ms = 1e3 * (cpu_s(pool.broker_pid) - before_s) / len(jobs)
        engine_ms = 1e3 * (time.process_time() - own_s) / len(jobs)
    print(f"{slots} slots, evaluations of {SLEEP_S} s: {share(slept, slots):.1%} of the time slept")
    print(f"CPU per evaluation: executor {engine_ms:.1f} ms, broker and Ray {broker_ms:.1f} ms")


def fed(pool: RayExecutor, jobs: list[Job]) -> list[tuple[float, float]]:
    """From when until when each was slept on; as many are under way as there are slots."""
    slept: list[tuple[float, float]] = []
    room = threading.Semaphore(pool.slots)

    def note(future: Future[Report]) -> None:
        now = time.monotonic()
        slept.append((now - future.result().wall_s, now))
        room.release()

    for job in jobs:
        room.acquire()
        pool.submit(job).add_done_callback(note)
    while len(slept) < len(jobs):
        time.sleep(0.1)
    return slept


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
    if find_spec("ray") is None:
        print("Ray is not installed (make test-ray): the engine's own costs alone")
        kinds = {"costs": costs}
    for kind in sys.argv[1:] or kinds:
        kinds[kind]()  # type: ignore[operator]

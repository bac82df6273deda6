"""What the sandbox costs, against a bare numpy import and a bare pipe, measured in one run.

    python tests/bench/bench_sandbox.py

Everything runs on one CPU, as evaluator and child do in a slot. Memory is for root to read: the
processes of a slot hide theirs from everyone else.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np

from evaluators.execution.local import LocalExecutor
from evaluators.sandbox import ladder
from evaluators.sandbox.channel import Call, Child, Death
from evaluators.sandbox.launcher import Rules
from evaluators.sandbox.wire import SignatureLayout
from tests.problems import GUESS, GuessProblem

BATCH = 256
SOURCE = b"def guess(last):\n    return last\n"


def seconds(action: Callable[[], object], repeats: int) -> float:
    """The median of `repeats` runs."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return median(times)


def pipe_trip_s(trips: int = 20_000) -> float:
    """One byte to a forked process and back."""
    there, here = os.pipe(), os.pipe()
    if os.fork() == 0:
        while os.read(there[0], 1) != b"q":
            os.write(here[1], b"!")
        os._exit(0)
    start = time.perf_counter()
    for _ in range(trips):
        os.write(there[1], b"!")
        os.read(here[0], 1)
    elapsed = time.perf_counter() - start
    os.write(there[1], b"q")
    os.wait()
    return elapsed / trips


class Bench:
    """A zygote of the guessing problem, and messages for it."""

    def __init__(self) -> None:
        problem = GuessProblem()
        rules = Rules.of(problem)
        self.deadlines = problem.deadlines
        self.layout = SignatureLayout(rules.signature)
        self.zygote, self.sandbox = ladder.start(
            rules, ladder.choose_layers(unsafe_no_sandbox=False)
        )
        sizes = self.layout.start_sizes()
        self.given = self.layout.given.encode({"steps": 20, "seed": 1}, sizes)
        seen = {"step": 1, "last": 0.5, "window": {"value": np.zeros(8)}}
        self.observation = self.layout.observation.encode(seen, sizes)

    def child(self, episodes: int) -> Child:
        return Child(self.zygote, self.layout, SOURCE, episodes, self.deadlines)

    def calls(self, episodes: int, begin: bool) -> list[Call]:
        given = self.given if begin else b""
        return [Call(i, given, self.observation) for i in range(episodes)]

    def evaluation(self, trips: int) -> None:
        """Start, seal, load, `trips` scalar calls, kill."""
        with self.child(1) as child:
            child.load()
            for i in range(trips):
                child.trip(self.calls(1, begin=i == 0))

    def trip_s(self, episodes: int, trips: int) -> float:
        """One trip with a call per episode, in a running child; best of five stretches."""
        stretches = []
        with self.child(episodes) as child:
            child.load()
            child.trip(self.calls(episodes, begin=True))
            calls = self.calls(episodes, begin=False)
            for _ in range(5):
                start = time.perf_counter()
                for _ in range(trips):
                    if isinstance(child.trip(calls), Death):
                        raise RuntimeError("the child died")
                stretches.append((time.perf_counter() - start) / trips)
        return min(stretches)


def resident_mb(pid: int) -> float:
    """Memory that a process takes, pages shared with others counted in equal parts (PSS)."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:"))


def bare_numpy_mb() -> float:
    """A python that has imported numpy and waits."""
    command = [sys.executable, "-c", "import numpy; print(flush=True); input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()
        taken = resident_mb(process.pid)
        process.stdin.write(b"\n")
        process.stdin.flush()
    return taken


def idle_slot_mb() -> float:
    """Evaluator, zygote and what the zygote was started through, with nothing to do."""
    before = children_of(os.getpid())
    executor = LocalExecutor(GUESS, slots=1)
    (slot,) = children_of(os.getpid()) - before
    below = children_of(slot)
    pids = {slot, *below, *(pid for p in below for pid in children_of(p))}
    taken = sum(map(resident_mb, pids))
    executor.close()
    return taken


def memory() -> list[tuple[str, float, str, str]]:
    """What the table says of it."""
    bare_mb, idle_mb = bare_numpy_mb(), idle_slot_mb()
    return [
        ("idle python with numpy", bare_mb, "MB", ""),
        ("idle slot with its zygote", idle_mb, "MB", f"{idle_mb - bare_mb:.0f} above it"),
    ]


def children_of(pid: int) -> set[int]:
    """The processes that a process has started, by any of its threads."""
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    return {int(child) for path in lists for child in path.read_text().split()}


def main() -> None:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    bench = Bench()
    numpy_s = seconds(lambda: subprocess.run([sys.executable, "-c", "import numpy"], check=True), 7)
    whole_s = seconds(lambda: bench.evaluation(1), 50)
    many_s = seconds(lambda: bench.evaluation(600), 20)
    scalar_s = bench.trip_s(1, 1000)
    lockstep_s = bench.trip_s(BATCH, 50) / BATCH
    pipe_s = pipe_trip_s()
    bench.zygote.close()
    print(f"sandbox {bench.sandbox.note}")
    for name, value, unit, note in (
        ("fresh python with numpy", numpy_s * 1e3, "ms", ""),
        ("start, seal, 1 call, kill", whole_s * 1e3, "ms", f"1/{numpy_s / whole_s:.0f} of it"),
        ("the same with 600 calls", many_s * 1e3, "ms", ""),
        ("bare pipe trip", pipe_s * 1e6, "us", ""),
        ("scalar trip", scalar_s * 1e6, "us", f"{scalar_s / pipe_s:.1f} x the pipe"),
        (f"lockstep of {BATCH}, per call", lockstep_s * 1e6, "us",
         f"1/{scalar_s / lockstep_s:.1f} of a scalar trip"),
        *(memory() if os.geteuid() == 0 else ()),
    ):  # fmt: skip
        print(f"{name:30} {value:8.2f} {unit}  {note}")


if __name__ == "__main__":
    main()

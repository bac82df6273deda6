"""What the sandbox costs, against a bare numpy import and a bare pipe, measured in one run.

    python tests/bench/bench_sandbox.py

Everything runs on one CPU, as evaluator and child do in a slot.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from statistics import median

import numpy as np

from evaluators.sandbox import ladder
from evaluators.sandbox.channel import Call, Child, Death
from evaluators.sandbox.launcher import Rules
from evaluators.sandbox.wire import SignatureLayout
from tests.problems import GuessProblem

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
    for name, value, unit, note in (
        ("fresh python with numpy", numpy_s * 1e3, "ms", ""),
        ("start, seal, 1 call, kill", whole_s * 1e3, "ms", f"1/{numpy_s / whole_s:.0f} of it"),
        ("the same with 600 calls", many_s * 1e3, "ms", ""),
        ("bare pipe trip", pipe_s * 1e6, "us", ""),
        ("scalar trip", scalar_s * 1e6, "us", f"{scalar_s / pipe_s:.1f} x the pipe"),
        (f"lockstep of {BATCH}, per call", lockstep_s * 1e6, "us",
         f"1/{scalar_s / lockstep_s:.1f} of a scalar trip"),
    ):  # fmt: skip
        print(f"{name:30} {value:8.2f} {unit}  {note}")


if __name__ == "__main__":
    main()

"""Engine CPU per candidate outside evaluators and sandbox: python -m tests.bench.bench_engine

Outcomes are made up at once from the policy's digest, so that what is left is the engine's own
work: choosing parents, proposing, journalling, deciding. Printed at several sizes of the archive.
"""

from __future__ import annotations

import sys
import tempfile
import time

from evaluators.registry import ProblemSpec
from evolve.events import Committed, Event
from evolve.search import run
from evolve.settings import Settings
from tests.bench.made_up import MadeUp


def main(problem_name: str = "expert_placement", most: int = 10_000) -> None:
    spec = ProblemSpec(problem_name)
    executor = MadeUp(spec.load())
    marks: list[tuple[int, float, float]] = []  # (entries, process CPU, executor's share)

    def observe(event: Event) -> None:
        if isinstance(event, Committed) and event.entry.number in sizes:
            marks.append((event.entry.number, time.process_time(), executor.cpu_s))

    sizes = [n for base in (100, 1_000, 10_000) if base <= most for n in (base // 2, base)]
    with tempfile.TemporaryDirectory() as archive:
        settings = Settings(spec, evaluations=most, seed=1, archive=archive, name="bench")
        run(settings, observe, executor=executor)
    print(f"{'entries':>15}  {'engine ms CPU per candidate':>28}")
    for (n0, cpu0, own0), (n1, cpu1, own1) in zip(marks[::2], marks[1::2], strict=True):
        each_ms = 1e3 * ((cpu1 - cpu0) - (own1 - own0)) / (n1 - n0)
        print(f"{n0:>6} .. {n1:>6}  {each_ms:>28.2f}")


if __name__ == "__main__":
    arguments = sys.argv[1:]
    main(arguments[0] if arguments else "expert_placement", int((arguments[1:] or ["10000"])[0]))

"""Candidates per second of a whole run: python -m tests.bench.bench_candidates"""

from __future__ import annotations

import os
import tempfile
import time

from evaluators.registry import ProblemSpec
from evolve.events import Committed, Event
from evolve.search import run
from evolve.settings import Settings

EVALUATIONS = {"expert_placement": 120, "request_scheduling": 40}


def main() -> None:
    for problem, evaluations in EVALUATIONS.items():
        times_s: list[float] = []

        def observe(event: Event, times_s: list[float] = times_s) -> None:
            if isinstance(event, Committed):
                times_s.append(time.monotonic())

        with tempfile.TemporaryDirectory() as archive:
            settings = Settings(
                ProblemSpec(problem), evaluations=evaluations, seed=1, archive=archive
            )
            run(settings, observe)
        later = times_s[len(times_s) // 4 :]  # the first wait for evaluators to start
        rate = (len(later) - 1) / (later[-1] - later[0])
        print(f"{problem:<20} {rate:6.2f} candidates per second, {os.cpu_count()} slots")


if __name__ == "__main__":
    main()

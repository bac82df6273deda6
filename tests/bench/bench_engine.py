"""Engine CPU per candidate outside evaluators and sandbox: python -m tests.bench.bench_engine

Outcomes are made up at once from the policy's digest, so that what is left is the engine's own
work: choosing parents, proposing, journalling, deciding. Printed at several sizes of the archive.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
import time
from concurrent.futures import Future

import numpy as np

from evaluators.contract import Policy, Problem, Score
from evaluators.execution.executor import Job, Report, Sandbox
from evaluators.identity import problem_digest
from evaluators.registry import ProblemSpec
from evolve.events import Committed, Event
from evolve.search import run
from evolve.settings import Settings


class MadeUp:
    """An executor that answers at once, with values drawn from the source's digest."""

    name = "made-up"
    slots = 2
    sandbox = Sandbox("none", "", "made up")

    def __init__(self, problem: Problem) -> None:
        self.problem_digest = problem_digest(problem)
        self._problem = problem
        self.cpu_s = 0.0

    def submit(self, job: Job) -> Future[Report]:
        began = time.process_time()
        future: Future[Report] = Future()
        future.set_result(Report(self._score(job), self.sandbox, {}, "made up", 0.0, 0.001))
        self.cpu_s += time.process_time() - began
        return future

    def close(self) -> None:
        pass

    def _score(self, job: Job) -> Score:
        digest = hashlib.sha256(Policy("", job.source).digest.encode()).digest()
        rng = np.random.default_rng(int.from_bytes(digest[:8], "little"))
        # the better, the rarer, so that the front keeps growing slowly as in a real search
        share = {o.name: 0.9 * rng.beta(2, 6) for o in self._problem.objectives}
        ids = [w.id for w in self._problem.workloads(job.split)]
        return Score(
            {
                o.name: dict.fromkeys(ids, o.reference * (1 - share[o.name]))
                if o.better == "lower"
                else dict.fromkeys(ids, o.reference + share[o.name])
                for o in self._problem.objectives
            }
        )


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

"""Stand-ins at the engine's seams: an executor with artificial delays, and a simple proposer."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from archive.entry import Entry
from evaluators.contract import Failure, Outcome, Policy, Problem, Score
from evaluators.errors import InvalidAction
from evaluators.execution.executor import Job, Report, Sandbox, chosen
from evaluators.identity import problem_digest, sha256_json
from evaluators.playing import play
from evolve.proposers.proposer import Context, Draft

SANDBOX = Sandbox("none", "", "in this process, for tests")
CRASHES = (InvalidAction, ArithmeticError, LookupError, NameError, TypeError, ValueError)


class DelayedExecutor:
    """Plays policies in threads of this process, each after a delay drawn anew."""

    name = "delayed"

    def __init__(
        self,
        problem: Problem,
        slots: int,
        delay_s: Callable[[], float],
        sandbox: Sandbox = SANDBOX,
    ) -> None:
        self.slots = slots
        self.sandbox = sandbox
        self.problem_digest = problem_digest(problem)
        self.played: list[Job] = []
        self._problem = problem
        self._delay_s = delay_s
        self._pool = ThreadPoolExecutor(slots)

    def submit(self, job: Job) -> Future[Report]:
        self.played.append(job)
        return self._pool.submit(self._play, job, self._delay_s())

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)

    def _play(self, job: Job, delay_s: float) -> Report:
        time.sleep(delay_s)
        values: dict[str, dict[str, float]] = {o.name: {} for o in self._problem.objectives}
        failures: dict[str, Failure] = {}
        traces: dict[str, str] = {}
        breakdown: dict[str, Mapping[str, float]] = {}
        for workload in chosen(self._problem.workloads(job.split), job.workload_ids):
            try:
                measured, actions = play(self._problem, workload, Policy("candidate", job.source))
            except CRASHES as error:
                failures[workload.id] = Failure("crash", str(error))
                measured, actions = None, []
            for o in self._problem.objectives:
                measurement = delay_s if o.kind == "measured" else o.worst
                exact = measured.values.get(o.name) if measured else None
                values[o.name][workload.id] = measurement if exact is None else exact
            breakdown[workload.id] = measured.breakdown if measured else {}
            traces[workload.id] = sha256_json([str(a) for a in actions])
        told = {k: b for k, b in breakdown.items() if b}
        outcome: Outcome = Score(values, failures, told)
        return Report(outcome, self.sandbox, traces, "test", delay_s, delay_s)


def shuffled_delays(seed: int, longest_s: float = 0.01) -> Callable[[], float]:
    """Delays that have nothing to do with the work."""
    rng = np.random.default_rng(seed)
    return lambda: float(rng.uniform(0.0, longest_s))


class Scaler:
    """Proposes the parent's answer scaled and shifted; every draft gets one tell, in order."""

    name = "scaler"

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.told: list[int] = []
        self.gains: list[float] = []

    def ask(self, context: Context) -> Draft | None:
        rng = context.random("scale")
        parent = context.parents[0]
        self.asked.append(context.number)
        # what it proposes depends on everything told so far, so that a wrong order shows
        scale = round(float(rng.normal(0.9, 0.2)) + 0.01 * (sum(self.gains) > 0.05), 2)
        source = f"def guess(last):\n    return {scale} * last + {round(float(rng.random()), 1)}\n"
        return Draft(source, (parent.number,), "scaler/scale")

    def tell(self, entry: Entry, gain: float) -> None:
        self.told.append(entry.number)
        self.gains.append(gain)

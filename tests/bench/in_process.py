"""Plays what the embedded search made of our own seed policies in this process.

A fraction of the sandbox's cost, where many searches are compared by exact objectives. Never for
the text of anybody else: nothing is contained but endless loops.
"""

from __future__ import annotations

import signal
import warnings
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from functools import lru_cache
from types import FrameType

from evaluators.contract import (
    Failure,
    Measurements,
    Policy,
    Problem,
    Score,
    Split,
    Workload,
)
from evaluators.errors import InvalidAction
from evaluators.execution.executor import Job, Report, Sandbox
from evaluators.identity import problem_digest
from evaluators.playing import play

EPISODE_S = 1.0  # of CPU: dozens of times what a baseline takes
SANDBOX = Sandbox("none", "", "in this process, for benchmarks")
CRASHES = (
    ArithmeticError, AttributeError, LookupError, MemoryError, NameError, RuntimeError, TypeError,
    ValueError,
)  # fmt: skip


class InProcessExecutor:
    """An `Executor` whose jobs are done when `submit` returns; to be used by the main thread.

    Policies are deterministic here: a confirming run would say what the first one said.
    """

    name = "in process"
    slots = 1
    sandbox = SANDBOX

    def __init__(self, problem: Problem, episode_s: float = EPISODE_S) -> None:
        """`episode_s`: CPU time after which an episode has failed."""
        self._episode_s = episode_s
        self.problem_digest = problem_digest(problem)
        self._problem = problem
        self._played = lru_cache(maxsize=64)(self._play)  # what is confirmed was played just now

    def submit(self, job: Job) -> Future[Report]:
        done: Future[Report] = Future()
        done.set_result(self._played(job.source, job.split))
        return done

    def close(self) -> None:
        pass

    def _play(self, source: str, split: Split) -> Report:
        played = {w.id: self._episode(source, w) for w in self._problem.workloads(split)}
        failures = {w: p for w, p in played.items() if isinstance(p, Failure)}
        measured = {w: p for w, p in played.items() if isinstance(p, Measurements)}
        values = {
            o.name: {w: measured[w].values.get(o.name, o.worst) if w in measured else o.worst
                     for w in played}
            for o in self._problem.objectives
        }  # fmt: skip
        breakdown = {w: dict(m.breakdown) for w, m in measured.items()}
        return Report(Score(values, failures, breakdown), SANDBOX)

    def _episode(self, source: str, workload: Workload) -> Measurements | Failure:
        try:
            with _limited(self._episode_s), warnings.catch_warnings(action="ignore"):
                return play(self._problem, workload, Policy("candidate", source))[0]
        except _TooLongError:
            return Failure("time", f"more than {self._episode_s} s of CPU")
        except InvalidAction as error:
            return Failure("invalid action", str(error))
        except CRASHES as error:
            return Failure("crash", str(error))


class _TooLongError(Exception):
    pass


@contextmanager
def _limited(cpu_s: float) -> Iterator[None]:
    """Raises _TooLongError within once so much CPU time is used up."""
    before = signal.signal(signal.SIGVTALRM, _interrupt)
    signal.setitimer(signal.ITIMER_VIRTUAL, cpu_s)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0.0)
        signal.signal(signal.SIGVTALRM, before)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise _TooLongError

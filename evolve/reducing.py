"""Makes a policy of a run smaller while it behaves the same, as far as workloads can tell."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import closing

from archive.entry import Entry
from archive.export.reduction import Reduced, reduce_source
from evaluators.contract import Failure, Split
from evaluators.errors import UsageError
from evaluators.execution.executor import Executor, Job, Purpose, Report
from evaluators.scoring import is_clean
from evolve.runs import Run

Clock = Callable[[], float]

_STAGES: tuple[tuple[Split, Purpose], ...] = (  # the cheap ones first: most trials end there
    ("tiny", "search"),
    ("search", "confirm"),  # alone and in another order: nothing may start to share state
    ("selection", "search"),
)


class Behaviour:
    """A policy's decisions on the search and selection workloads, and on the tiny ones where it
    fails on none of those, which no search plays: a trace of each.

    Measured objectives are no part of it: a clock would tell equal policies apart. Raises
    UsageError for a policy that fails on search or selection.
    """

    def __init__(self, executor: Executor, source: str) -> None:
        self._executor = executor
        self._expected: dict[Split, Mapping[str, str]] = {}
        for split, _ in _STAGES:
            report = self._play(source, split, "search")
            if is_clean(report.outcome):
                self._expected[split] = report.traces
            elif split != "tiny":
                raise UsageError(
                    f"the policy fails on the {split} workloads: {_reason(report)}",
                    "reduce one of the front",
                )

    def is_that_of(self, source: str) -> bool:
        """Whether another policy decides the same everywhere."""
        return all(
            self._play(source, split, purpose).traces == self._expected[split]
            for split, purpose in _STAGES
            if split in self._expected
        )

    def _play(self, source: str, split: Split, purpose: Purpose) -> Report:
        expected = self._expected.get(split, {})
        return self._executor.submit(Job(source, split, purpose, expected_traces=expected)).result()


def _reason(report: Report) -> str:
    outcome = report.outcome
    failure = outcome if isinstance(outcome, Failure) else next(iter(outcome.failures.values()))
    return f"{failure.kind}: {failure.message}"


def reduce_entry(
    run: Run,
    entry: Entry,
    evaluations: int,
    seconds: float,
    *,
    unsafe_no_sandbox: bool = False,
    tell: Callable[[Reduced], None] = lambda _: None,
    clock: Clock = time.monotonic,
    executor: Executor | None = None,
) -> Reduced:
    """The entry's policy without what its behaviour does not need.

    Args:
        run: the run that found it.
        entry: what to reduce.
        evaluations: of how many smaller policies at most.
        seconds: for how long at most; the one that is being played then is played to its end.
        unsafe_no_sandbox: play without kernel protection.
        tell: shown what was reached after every evaluation.
        clock: seconds.
        executor: who plays; one local slot when None. Closed at the end.
    """
    from evaluators.execution.local import LocalExecutor

    end_s = clock() + seconds
    pool = executor or LocalExecutor(run.settings.problem, 1, unsafe_no_sandbox)
    with closing(pool):
        behaviour = Behaviour(pool, entry.proposal.source)
        return reduce_source(
            entry.proposal.source,
            behaviour.is_that_of,
            lambda trials: trials >= evaluations or clock() >= end_s,
            tell,
        )

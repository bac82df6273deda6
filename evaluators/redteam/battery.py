"""Plays attacks on a live evaluator, an honest policy before and after each."""

from __future__ import annotations

import time
from collections.abc import Collection
from contextlib import ExitStack
from dataclasses import replace
from typing import Self

from evaluators.contract import Deadlines, Failure, Policy, Problem, Split
from evaluators.errors import UsageError
from evaluators.execution.batching import independent_batches
from evaluators.execution.executor import Job, Layer, Report, Sandbox
from evaluators.execution.local import LocalExecutor
from evaluators.execution.lockstep import MOST_DEATHS
from evaluators.redteam.attack import Attack, Finding, Target, failures_in
from evaluators.redteam.effects import EVERYWHERE
from evaluators.redteam.planting import Planted
from evaluators.redteam.scene import Scene
from evaluators.redteam.stage import Stage, shortened
from evaluators.registry import ProblemSpec
from evaluators.sandbox.limits import WALL_FACTOR

SALT = "red team"
BUSY_S = 10.0  # what a busy machine may add to a play
HANG_S = 60.0  # beyond every limit: then there is no answer to wait for


class Battery:
    """The red team on one problem. Use as a context manager.

    Deadlines are shortened, so that loops and sleeps end soon, unless the honest policy needs the
    problem's own. The sealed split of `problem` is drawn with a salt of the red team's, that of
    `published` as everybody has it.

    Raises:
        UsageError: the problem cannot be made, there is no sandbox and none was waived, or the
            problem's honest policy fails.
    """

    def __init__(
        self, spec: ProblemSpec, unsafe_no_sandbox: bool = False, without: Collection[Layer] = ()
    ) -> None:
        self.published = spec.load()
        self._spec = replace(spec, salt=SALT)
        self._unsafe_no_sandbox = unsafe_no_sandbox
        self._without = without
        self._honest_reports: dict[tuple[object, ...], Report] = {}
        self.problem = self._spec.load()
        self.honest = honest_policy(self.problem)

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._planted = stack.enter_context(Planted())
            self._stage = Stage(self._open, shortened(self.problem.deadlines))
            stack.callback(self._stage.close)
            self._first = self._honest_report("tiny", None)
            self._exits = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._exits.close()

    @property
    def sandbox(self) -> Sandbox:
        """The protection in force."""
        return self._stage.executor.sandbox

    def play(self, attack: Attack) -> Finding:
        """What comes of an attack."""
        honest = self._honest_report(attack.split, attack.workload_ids)
        scene = Scene(self._planted, self._stage.evaluator_pid)
        outside = self._planted.outside(self._stage.evaluator_pid)
        source = attack.payload(Target(self.problem, self.honest, outside))
        start_s = time.monotonic()
        reports, fault = self._play(attack, source)
        wall_s = time.monotonic() - start_s
        limit_s = self._limit_s(attack.split, attack.workload_ids) * len(attack.purposes)
        aftermath = scene.aftermath(self.problem, reports, honest, wall_s, limit_s)
        probes = dict.fromkeys((attack.probe, *EVERYWHERE))
        seen = (fault, *(probe(aftermath) for probe in probes), self._change_of_honest())
        failures = failures_in(reports)
        return Finding(
            attack.name, attack.group, attack.level, tuple(text for text in seen if text),
            failures[0].kind if failures else None, wall_s,
        )  # fmt: skip

    def _play(self, attack: Attack, source: str) -> tuple[tuple[Report, ...], str]:
        """A report for each purpose, and in words how the evaluator failed, if it did."""
        reports: list[Report] = []
        for purpose in attack.purposes:
            expected = reports[-1].traces if purpose == "confirm" else {}
            answer = self._answer(
                Job(source, attack.split, purpose, 0, attack.workload_ids, expected)
            )
            if isinstance(answer, str):
                return tuple(reports), answer
            reports.append(answer)
        return tuple(reports), ""

    def _answer(self, job: Job) -> Report | str:
        return self._stage.play(job, self._limit_s(job.split, job.workload_ids) + HANG_S)

    def _limit_s(self, split: Split, workload_ids: tuple[str, ...] | None) -> float:
        """The wall time of a play whose children all die of their deadlines."""
        played = [
            w for w in self.problem.workloads(split) if workload_ids is None or w.id in workload_ids
        ]
        deaths = MOST_DEATHS * len(independent_batches(played))
        deadlines = self._stage.deadlines
        return BUSY_S + WALL_FACTOR * deaths * (deadlines.load_s + deadlines.call_s)

    def _honest_report(self, split: Split, workload_ids: tuple[str, ...] | None) -> Report:
        """How the honest policy was scored the first time, with deadlines that it keeps."""
        key = (split, workload_ids)
        if key not in self._honest_reports:
            job = Job(self.honest.source, split, workload_ids=workload_ids)
            answer = self._answer(job)
            if fault_of(answer) and self._stage.deadlines != self.problem.deadlines:
                self._stage.reopen(self.problem.deadlines)
                answer = self._answer(job)
            self._honest_reports[key] = scored_report(self.honest, answer)
        return self._honest_reports[key]

    def _change_of_honest(self) -> str:
        now = self._answer(Job(self.honest.source, "tiny"))
        if isinstance(now, str) or judged(self.problem, now) != judged(self.problem, self._first):
            return "the honest policy is scored otherwise afterwards"
        return ""

    def _open(self, deadlines: Deadlines) -> LocalExecutor:
        return LocalExecutor(self._spec, 1, self._unsafe_no_sandbox, self._without, deadlines)


def honest_policy(problem: Problem) -> Policy:
    """The reference policy, or the first baseline. Raises UsageError where there is none."""
    baselines = problem.baselines()
    if not baselines:
        raise UsageError(f"{problem.name} has no baseline", "attacks are wrapped around one")
    return baselines[problem.reference_policy or next(iter(baselines))]


def fault_of(answer: Report | str) -> str:
    """Why an honest policy was not scored, in words; nothing if it was."""
    if isinstance(answer, str):
        return answer
    return next((f"{f.kind}: {f.message}" for f in failures_in([answer])), "")


def scored_report(policy: Policy, answer: Report | str) -> Report:
    """The report of a policy that should have no failure. Raises UsageError with the first."""
    fault = fault_of(answer)
    if fault or isinstance(answer, str):
        raise UsageError(
            f"the honest policy {policy.name} fails: {fault}",
            "attacks are wrapped around it: mend it first",
        )
    return answer


def judged(problem: Problem, report: Report) -> tuple[object, ...]:
    """All of a report that is the same whenever the same policy is played."""
    outcome = report.outcome
    if isinstance(outcome, Failure):
        return (outcome.kind,)
    exact = [outcome.values[o.name] for o in problem.objectives if o.kind == "exact"]
    return (report.traces, outcome.failures, *exact)

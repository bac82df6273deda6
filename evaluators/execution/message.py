"""What engine and slot say to each other, a line of JSON each time. Both sides are trusted."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from evaluators.contract import Deadlines, Failure, Outcome, Score
from evaluators.execution.executor import Job, Layer, Report, Sandbox
from evaluators.registry import ProblemSpec

SANDBOX_LOST = 75  # a slot's exit status when its zygote is gone: its job may be tried again


@dataclass(frozen=True, slots=True)
class Greeting:
    """What a slot is told first.

    `is_pinned`: it and its children keep to one CPU. `deadlines`: in the place of the problem's
    own. `is_checked`: the slot compares the problem's digest, as a machine that is not
    the engine's may have other data.
    """

    spec: ProblemSpec
    problem_digest: str
    unsafe_no_sandbox: bool
    without: tuple[Layer, ...]
    is_pinned: bool
    engine_pid: int
    deadlines: Deadlines | None = None
    is_checked: bool = False

    def encode(self) -> str:
        """One line."""
        return json.dumps(asdict(self))

    @staticmethod
    def decode(line: str) -> Greeting:
        """The greeting of one line."""
        data = json.loads(line)
        spec, without = ProblemSpec(**data["spec"]), tuple(data["without"])
        deadlines = data["deadlines"] and Deadlines(**data["deadlines"])
        return Greeting(**{**data, "spec": spec, "without": without, "deadlines": deadlines})


def encode_job(job: Job) -> str:
    """One line."""
    return json.dumps(asdict(job))


def decode_job(line: str) -> Job:
    """The job of one line."""
    data = json.loads(line)
    ids = data["workload_ids"]
    return Job(**{**data, "workload_ids": None if ids is None else tuple(ids)})


def encode_report(report: Report) -> str:
    """One line; the outcome says which it is."""
    kind = "failure" if isinstance(report.outcome, Failure) else "score"
    return json.dumps({**asdict(report), "outcome": {kind: asdict(report.outcome)}})


def decode_report(line: str) -> Report:
    """The report of one line."""
    data = json.loads(line)
    return Report(
        **{**data, "outcome": _outcome(data["outcome"]), "sandbox": Sandbox(**data["sandbox"])}
    )


def _outcome(data: dict[str, Any]) -> Outcome:
    if "failure" in data:
        return Failure(**data["failure"])
    score = data["score"]
    failures = {k: Failure(**f) for k, f in score["failures"].items()}
    return Score(score["values"], failures, score["breakdown"])

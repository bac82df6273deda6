"""The vocabulary of the red team: what an attack is, what its author knows, what is seen of it.

An attack is a payload and a probe. The payload is a policy's source text, written for a target; the
probe says what is seen of its effect from outside. Each must succeed against a naive runner (kept
in the tests): an attack that harms nobody where nothing protects proves nothing where something
does.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from evaluators.contract import Failure, FailureKind, Policy, Problem, Score, Split
from evaluators.execution.executor import Purpose, Report

Level = Literal["channel", "problem"]
THROUGH = "Through: "  # how the failure of a policy begins that tells what it got at


@dataclass(frozen=True, slots=True)
class Outside:
    """What was planted around the evaluator: where it is, not what the secrets are."""

    secret_file: str  # everyone may read it
    secret_key: str  # a variable of the engine's environment
    open_folder: str  # everyone may write there
    port: int  # of listeners on 127.0.0.1, for streams and for datagrams
    socket_file: str  # a listener on a local path, and one of this name without a path
    mark: str  # the name that a process gives itself that is to stay behind
    engine_pid: int
    evaluator_pid: int
    bystander_pid: int  # a process of the engine's, with its environment, that does nothing


@dataclass(frozen=True, slots=True)
class Target:
    """What the author of a payload knows: the problem, an honest policy for it, and the place."""

    problem: Problem
    honest: Policy
    outside: Outside


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What is seen from outside once an attack was played."""

    problem: Problem
    reports: tuple[Report, ...]  # one for each purpose that the attack was played for, in order
    honest: Report  # the honest policy on the same workloads
    leaked: bool = False  # a planted secret is in the text of a failure
    written: tuple[str, ...] = ()  # files found in the open folder
    contacts: int = 0  # connections and datagrams that reached a listener
    left: tuple[int, ...] = ()  # processes with the mark, or of the evaluator's that were not there
    dead: tuple[str, ...] = ()  # what ended of evaluator, its processes and bystander
    grown_mb: float = 0.0  # resident memory of the evaluator
    wall_s: float = 0.0  # of the longest play
    limit_s: float = math.inf  # that a play may take with all its deadlines used up

    @property
    def report(self) -> Report:
        """The last one."""
        return self.reports[-1]

    def failures(self) -> list[Failure]:
        """All that failed, in any play."""
        return failures_in(self.reports)


Payload = Callable[[Target], str]  # a policy's source
Probe = Callable[[Aftermath], str]  # what was seen of the effect; an empty text: nothing


@dataclass(frozen=True, slots=True)
class Attack:
    """One thing that a hostile policy tries.

    It is played once for each of `purposes`, one after another; `confirm` compares with the play
    before it. The sealed split of the red team is drawn with a salt of its own.
    """

    name: str
    group: str
    level: Level  # "channel": against the sandbox, the same for every problem
    payload: Payload
    probe: Probe
    split: Split = "tiny"
    purposes: tuple[Purpose, ...] = ("search",)
    workload_ids: tuple[str, ...] | None = None  # None: the whole split


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of one attack: contained when nothing was seen of any effect."""

    name: str
    group: str
    level: Level
    seen: tuple[str, ...]
    failure: FailureKind | None  # what the policy got for it; None: nothing, it was scored
    wall_s: float

    @property
    def is_contained(self) -> bool:
        return not self.seen


def failures_in(reports: Iterable[Report]) -> list[Failure]:
    """All failures of some plays."""
    found: list[Failure] = []
    for outcome in (r.outcome for r in reports):
        found += [outcome] if isinstance(outcome, Failure) else outcome.failures.values()
    return found


def confessed(aftermath: Aftermath) -> str:
    """What a payload got at and told in its failure's message."""
    said = (f.message for f in aftermath.failures() if f.message.startswith(THROUGH))
    return next((m.partition("\n")[0] for m in said), "")


def scored(aftermath: Aftermath) -> str:
    """A score without any failure, where the answers deserved none."""
    for report in aftermath.reports:
        if isinstance(report.outcome, Score) and not report.outcome.failures:
            return "it was scored"
    return ""


def decided_otherwise(aftermath: Aftermath) -> str:
    """Scored decisions that are not the honest policy's, where nothing else could be known."""
    for report in aftermath.reports:
        differing = [w for w, t in report.traces.items() if t != aftermath.honest.traces.get(w)]
        if differing:
            return f"it decided otherwise on {', '.join(sorted(differing))}"
    return ""


def scored_better(aftermath: Aftermath) -> str:
    """A workload's exact objective beyond its resolution better than the honest policy's."""
    honest = aftermath.honest.outcome
    for outcome in (r.outcome for r in aftermath.reports):
        if isinstance(outcome, Failure) or isinstance(honest, Failure):
            continue
        for o in (o for o in aftermath.problem.objectives if o.kind == "exact"):
            sign = 1.0 if o.better == "higher" else -1.0
            for workload, value in outcome.values[o.name].items():
                if sign * (value - honest.values[o.name][workload]) >= o.resolution:
                    return f"{o.name} on {workload} became {value:g}"
    return ""

"""Who plays a policy on workloads: the protocol between the engine and its evaluators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

from evaluators.contract import Outcome, Split, Workload

Layer = Literal["landlock", "namespaces"]  # protection that the seccomp filter holds without
Purpose = Literal["search", "confirm", "selection", "sealed", "rescore", "time", "device"]


@dataclass(frozen=True, slots=True)
class Job:
    """One evaluation: a policy's source on the workloads of a split.

    `confirm` plays in a fresh child per workload, in reverse order, and compares with
    `expected_traces` (workload id -> hash of the recorded actions): a difference is a Failure of
    that workload, `non-deterministic` or `shares state between episodes`.
    `time` plays candidate and reference policy alternately in fresh children, `repeat` times each.
    """

    source: str
    split: Split
    purpose: Purpose = "search"
    repeat: int = 0
    workload_ids: tuple[str, ...] | None = None  # None: the whole split
    expected_traces: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sandbox:
    """The protection in force: L3, L2, L1, or `none` under --unsafe-no-sandbox."""

    level: Literal["L3", "L2", "L1", "none"]
    filter_sha256: str
    note: str  # one line: what is in force and what would raise it


@dataclass(frozen=True, slots=True)
class Report:
    """What came back for a Job."""

    outcome: Outcome
    sandbox: Sandbox
    traces: Mapping[str, str] = field(default_factory=dict)  # workload id -> SHA-256 of the actions
    device: str = ""  # what played it: CPU model, or the device that measured
    cpu_s: float = 0.0  # the child's CPU time, read from outside
    wall_s: float = 0.0


@dataclass(frozen=True, slots=True)
class PoolState:
    """How a pool stands whose nodes come and go."""

    nodes: int  # that play for this run
    slots: int  # that are there
    playing: int
    queued: int  # jobs that wait for a slot
    retries: int  # jobs that were lost with a slot and played again


def chosen(split: Sequence[Workload], ids: tuple[str, ...] | None) -> list[Workload]:
    """The workloads of a split that a job is about, in the order of its ids."""
    by_id = {w.id: w for w in split}
    return list(split) if ids is None else [by_id[i] for i in ids]


class Executor(Protocol):
    """A pool of evaluators. A candidate's faults are in the report; ours are raised."""

    name: str  # "local"
    slots: int
    sandbox: Sandbox
    problem_digest: str

    def submit(self, job: Job) -> Future[Report]:
        """Queue a job; jobs start in the order of submission."""
        ...

    def close(self) -> None:
        """Stop every process; jobs that have not finished are cancelled."""
        ...


@runtime_checkable
class Elastic(Protocol):
    """An executor whose nodes come and go."""

    def state(self) -> PoolState:
        """As last told."""
        ...

    def news(self) -> list[str]:
        """Lines for the user, each given once."""
        ...

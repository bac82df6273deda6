"""What a journal holds, row by row, and the entry that the rows of one proposal make up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from evaluators.contract import Outcome
from evaluators.execution.executor import Purpose

Decision = Literal["front", "dominated", "failed", "duplicate"]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A candidate's source and origin. `number` counts from 1 within a run."""

    number: int
    source: str
    digest: str  # of the exact source
    normal_digest: str  # of its normal form
    parents: tuple[int, ...]
    proposer: str  # "seed/deepseek_global", "syntax/swap_operator", "constants", ...
    stream: str  # the name of the random stream that made it


@dataclass(frozen=True, slots=True)
class EvaluationKey:
    """What makes two evaluations the same: none is run again once its record exists."""

    digest: str
    split: str
    workload_set: str  # SHA-256 of the workload digests
    purpose: Purpose
    repeat: int = 0


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A finished evaluation."""

    key: EvaluationKey
    outcome: Outcome
    executor: str
    device: str
    sandbox_level: str
    filter_sha256: str
    traces: Mapping[str, str] = field(default_factory=dict)
    cpu_s: float = 0.0
    wall_s: float = 0.0
    finished_at: str = ""  # ISO 8601 UTC, from the injected clock


@dataclass(frozen=True, slots=True)
class Commit:
    """A decision, in commit order (`order` counts from 1)."""

    order: int
    number: int
    decision: Decision
    duplicate_of: int | None = None


@dataclass(frozen=True, slots=True)
class RunRecord:
    """How a run was started: everything that replay needs."""

    name: str
    configuration: Mapping[str, Any]  # plain JSON: problem spec, seed, lookahead, objectives, ...
    versions: Mapping[str, str]
    started_at: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A committed proposal with its outcome and what the splits said of it.

    `values` are aggregated: split -> objective -> value; a failed candidate has none.
    """

    number: int
    proposal: Proposal
    outcome: Outcome
    decision: Decision
    values: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    @property
    def is_valid(self) -> bool:
        """Whether every workload was scored: only such an entry may join a front."""
        return self.decision in ("front", "dominated")

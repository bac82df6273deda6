"""What a journal holds, row by row, and the entry that the rows of one proposal make up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from evaluators.contract import Failure, Outcome
from evaluators.execution.executor import Purpose

Decision = Literal["front", "dominated", "eliminated", "failed", "duplicate"]
SEED = "seed/"  # the proposer of the policies that a search starts from
REJECTED: Literal["rejected reply"] = (
    "rejected reply"  # the kind of failure of what is no candidate
)


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
    seen: int = 0  # how many commits it was made from
    duplicate_of: int | None = None  # the proposal that had its normal form when it was made
    rejection: str = ""  # why what was answered is no candidate: it is never evaluated
    idea: str = ""  # what was said of it


@dataclass(frozen=True, slots=True)
class Candidate:
    """A policy's text by itself."""

    source: str
    digest: str  # of the exact source
    normal_digest: str  # of its normal form


@dataclass(frozen=True, slots=True)
class Amount:
    """Tokens, dollars for those that have a price, and how many have none."""

    tokens: int = 0
    usd: Decimal = Decimal(0)
    unpriced_tokens: int = 0

    def __add__(self, other: Amount) -> Amount:
        return Amount(
            self.tokens + other.tokens,
            self.usd + other.usd,
            self.unpriced_tokens + other.unpriced_tokens,
        )

    def __sub__(self, other: Amount) -> Amount:
        return Amount(
            self.tokens - other.tokens,
            self.usd - other.usd,
            self.unpriced_tokens - other.unpriced_tokens,
        )

    def exceeds(self, other: Amount) -> bool:
        """Whether it is more in tokens or dollars."""
        return self.tokens > other.tokens or self.usd > other.usd


@dataclass(frozen=True, slots=True)
class Call:
    """A call to a model, written before it is sent. `id` counts the calls of a run."""

    id: int
    number: int  # of the proposal that it is made for
    turn: int  # of the conversation that leads to it; each may take several calls
    seen: int  # how many commits the proposal is made from
    request: Mapping[str, Any]  # plain JSON: all that is sent, but no key of the user's
    worst: Amount  # what it can come to at most
    at: str


@dataclass(frozen=True, slots=True)
class CallEnd:
    """What came of a call, written before anybody makes use of it.

    `given up`: it was on the wire when the run stopped or died.
    """

    id: int
    state: Literal["answered", "failed", "given up"]
    answer: Mapping[str, Any]  # plain JSON: the reply, or why there is none
    raw: bytes  # the body as it came
    spent: Amount  # what it is booked at
    is_known: bool  # else that is the worst case, and nobody knows
    at: str


@dataclass(frozen=True, slots=True)
class EvaluationKey:
    """What makes two evaluations the same: none is run again once its record exists."""

    digest: str
    split: str
    workload_set: str  # SHA-256 of the workload digests; of `rescore`, `device`: the problem's
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
    """A decision, in commit order (`order` counts from 1).

    `eliminated`: it was so far behind the front on a few workloads that it was played on no others.
    """

    order: int
    number: int
    decision: Decision
    duplicate_of: int | None = None


@dataclass(frozen=True, slots=True)
class Outline:
    """A commit and where its candidate comes from: an entry without its text and its outcome."""

    order: int
    number: int
    decision: Decision
    duplicate_of: int | None
    proposer: str
    digest: str
    parents: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Finish:
    """A finished evaluation without its outcome. `id` is the order of arrival."""

    id: int
    digest: str
    purpose: Purpose
    finished_at: str  # ISO 8601 UTC


@dataclass(frozen=True, slots=True)
class Excerpt:
    """All rows of some entries, and what cannot be read of others."""

    commits: Sequence[Commit]
    proposals: Sequence[Proposal]
    evaluations: Sequence[Evaluation]
    damaged: Mapping[int, str]  # number -> which of its rows is damaged


@dataclass(frozen=True, slots=True)
class Message:
    """What somebody beside the search says to a run: an answer, a hint, a remark on an entry.

    `id` grows with every message of a run; which kinds there are is up to who writes and reads.
    """

    id: int
    kind: str
    content: Mapping[str, Any]  # plain JSON
    at: str


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

    @classmethod
    def rejected(cls, proposal: Proposal) -> Entry:
        """The entry of what is no candidate: its failure says why."""
        outcome = Failure(REJECTED, proposal.rejection)
        return cls(proposal.number, proposal, outcome, "failed")

    @classmethod
    def eliminated(cls, proposal: Proposal, few: Outcome) -> Entry:
        """The entry of what lost its race: scored on a few workloads, it has a value on none of the
        splits.
        """
        return cls(proposal.number, proposal, few, "eliminated")

    @property
    def is_valid(self) -> bool:
        """Whether every workload was scored: only such an entry may join a front."""
        return self.decision in ("front", "dominated")


def num_evaluated(decisions: Mapping[str, int], failures: Mapping[str, int]) -> int:
    """How many of the entries with these decisions and failures are neither duplicates nor replies
    that hold no policy.
    """
    new = sum(n for decision, n in decisions.items() if decision != "duplicate")
    return new - failures.get(REJECTED, 0)


def failure_kinds(outcome: Outcome) -> list[str]:
    """The kinds of failure in an outcome, each once."""
    if isinstance(outcome, Failure):
        return [outcome.kind]
    return sorted({f.kind for f in outcome.failures.values()})

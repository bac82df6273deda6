"""The journal's contract: append-only, the only truth about a run.

Atomicity: each `add_*` call is one transaction; once it returned, the rows survive kill -9. A crash
leaves whole calls or nothing of them. Idempotence: adding a row whose key exists with the same
content is a no-op (resume replays), with other content raises JournalConflictError: our fault.
Ordering: rows are read back in the order of their keys (number, order), evaluations and ends of
calls in the order of arrival. Concurrency: one writer at a time, which holds the run's lock;
readers at any time. Messages alone are written by anybody at any time, the writer's lock or not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from archive.entry import (
    Amount,
    Call,
    CallEnd,
    Candidate,
    Commit,
    Decision,
    Evaluation,
    Excerpt,
    Finish,
    Message,
    Outline,
    Proposal,
    RunRecord,
)
from evaluators.errors import AdrsError


class JournalConflictError(AdrsError):
    """A row was to be replaced by another one."""


@dataclass(frozen=True, slots=True)
class Only:
    """The committed entries whose rows are read: those decided so, and those of these numbers."""

    decision: Decision | None = None
    numbers: tuple[int, ...] = ()


class Journal(Protocol):
    """One run's rows."""

    @property
    def record(self) -> RunRecord: ...

    @property
    def damage(self) -> Sequence[str]:
        """The rows that could not be read so far and were left out; a writer raises instead."""
        ...

    def when_away(self, tell: Callable[[str], None]) -> None:
        """Outlive a store that goes away, instead of raising UsageError.

        What is added meanwhile is on this machine's disk when `add_*` returns, until `catch_up`,
        or the run's next writer on this machine, hands it over. What is read waits for the store,
        but for messages: there are none. `tell` is called with the reason by whatever waits or
        catches up, and raises to give up.
        """
        ...

    def catch_up(self) -> bool:
        """Whether the store has all that was added; it is called until it does, and never waits.

        Raises:
            UsageError: somebody else writes the run now. What was kept stays on the disk.
        """
        ...

    def together(self) -> AbstractContextManager[None]:
        """All that is added inside stands together or not at all."""
        ...

    def snapshot(self) -> AbstractContextManager[None]:
        """All that is read inside is of one moment."""
        ...

    def add_proposal(self, proposal: Proposal) -> None: ...
    def add_candidate(self, candidate: Candidate) -> None:
        """What is evaluated without being proposed: a proposal brings its own."""
        ...

    def add_evaluation(self, evaluation: Evaluation) -> None: ...
    def add_commit(self, commit: Commit) -> None: ...
    def add_call(self, call: Call) -> None: ...
    def add_call_end(self, end: CallEnd) -> None: ...
    def add_opening(self, reason: str, digests: Sequence[str], at: str) -> int:
        """Journal an opening of the sealed split; how many there are now."""
        ...

    def add_note(self, kind: str, content: Mapping[str, Any], at: str) -> None:
        """What a clock or a person said: budgets, stops, resumptions."""
        ...

    def add_message(self, kind: str, content: Mapping[str, Any], at: str) -> int:
        """Say something to the run, from beside its writer; the message's id."""
        ...

    def proposals(self, only: Only | None = None) -> Sequence[Proposal]: ...
    def unproposed(self) -> Sequence[Candidate]:
        """The candidates that no proposal has."""
        ...

    def evaluations(self, only: Only | None = None) -> Sequence[Evaluation]: ...
    def commits(self, only: Only | None = None) -> Sequence[Commit]: ...
    def calls(self, after: int = 0) -> Sequence[Call]:
        """Those with a greater id, in order."""
        ...

    def call_ends(self, after: int = 0) -> Sequence[CallEnd]:
        """All but the first so many to arrive."""
        ...

    def openings(self) -> Sequence[tuple[str, Sequence[str], str]]:
        """(reason, digests, at) of each opening of the sealed split."""
        ...

    def notes(self) -> Sequence[tuple[str, Mapping[str, Any], str]]: ...
    def messages(self, after: int = 0) -> Sequence[Message]:
        """Those with a greater id, in order."""
        ...

    def decisions(self) -> Mapping[str, int]:
        """How many entries were decided how."""
        ...

    def failures(self) -> Mapping[str, int]:
        """How many entries failed of what; one may have failed of several things."""
        ...

    def spent(self) -> Amount:
        """What calls to models are booked at, those on the wire at their worst case."""
        ...

    def protections(self) -> Mapping[tuple[str, str], int]:
        """How many evaluations each sandbox saw, by its level and filter."""
        ...

    def numbers_of(self, digest_prefix: str) -> Mapping[str, int]:
        """The candidates whose digest begins so: digest -> number of its first proposal."""
        ...

    def last_number(self) -> int:
        """Of the latest proposal; 0 when there is none."""
        ...

    def outlines(self, after: int = 0) -> Sequence[Outline]:
        """Commits of a greater order with where they come from, in order."""
        ...

    def finishes(self, after: int = 0) -> Sequence[Finish]:
        """Evaluations of a greater id, in order."""
        ...

    def excerpt(self, numbers: Iterable[int]) -> Excerpt:
        """Every row of the committed entries of these numbers, and of what they duplicate."""
        ...

    def calls_for(self, number: int) -> Sequence[tuple[Call, CallEnd | None]]:
        """The calls that a proposal came from, each with what came of it."""
        ...

    def digests_with(self, text: str) -> Set[str]:
        """The candidates whose source contains the text."""
        ...

    def close(self) -> None: ...

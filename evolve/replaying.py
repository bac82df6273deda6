"""Repeats a run from its journal: no network, no evaluator, and the same archive must come out."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from archive.entry import Evaluation
from archive.journal import Journal, JournalConflictError
from archive.library import dump
from archive.store.folder import FolderStore
from archive.store.places import store_at
from evaluators.contract import Policy
from evaluators.errors import UsageError
from evaluators.execution.executor import Job, Report, Sandbox
from evolve.course import course_of
from evolve.events import unwatched
from evolve.inbox import HINT
from evolve.order import AsRecorded
from evolve.proposers.proposer import Proposer
from evolve.searching import Search
from evolve.settings import Settings
from evolve.spending import NO_ANSWER
from evolve.versions import changed

if TYPE_CHECKING:
    from evolve.llm.caller import CallEvent
    from evolve.llm.message import Request


@dataclass(frozen=True)
class Replayed:
    """What came of a replay."""

    commits: int
    calls: int
    evaluations: int
    difference: str
    """The first line of the two archives that differs; empty when none does."""
    next_request: Request | None
    """What would be asked next."""


def replay(archive: str, name: str, proposer: Proposer | None = None) -> Replayed:
    """Run the search of a journal again, on what the journal knows alone.

    Raises:
        UsageError: what is asked for now is not what was asked for then.
    """
    with closing(store_at(archive).open(name)) as source:
        settings = Settings.from_json(source.record.configuration["settings"])
        with (
            tempfile.TemporaryDirectory() as folder,
            closing(FolderStore(Path(folder)).create(source.record)) as copy,
        ):
            _copy_answers(source, copy)
            following = _search_again(source, copy, settings, proposer)
            _copy_evaluations(source, copy)
            return _compared(source, copy, settings, following)


def _copy_answers(source: Journal, copy: Journal) -> None:
    """What models and people said; what the search made of it is made again."""
    for call in source.calls():
        copy.add_call(call)
    for end in source.call_ends():
        copy.add_call_end(end)
    for kind, content, at in source.notes():
        if kind in (NO_ANSWER, HINT):
            copy.add_note(kind, content, at)
    for message in source.messages():
        copy.add_message(message.kind, message.content, message.at)


def _copy_evaluations(source: Journal, copy: Journal) -> None:
    """What the search did not ask for: the selection split and others."""
    proposed = {p.digest for p in copy.proposals()}
    known = {e.key for e in copy.evaluations()}
    for evaluation in source.evaluations():
        if evaluation.key.digest in proposed and evaluation.key not in known:
            copy.add_evaluation(evaluation)


def _search_again(
    source: Journal, copy: Journal, settings: Settings, proposer: Proposer | None
) -> Request | None:
    order = AsRecorded(0, course_of(source))
    recorded = Recorded(source)
    problem = settings.problem.load()
    search = Search(settings, problem, copy, recorded, unwatched, proposer, Silent(), order)
    try:
        return search.repeat()
    except JournalConflictError as error:
        versions = changed(dict(source.record.versions))
        raise UsageError(
            f"run {source.record.name} cannot be replayed: {error}",
            f"it was searched by another version: {versions}" if versions else "report it",
        ) from error


def _compared(
    source: Journal, copy: Journal, settings: Settings, following: Request | None
) -> Replayed:
    problem = settings.problem.load()
    then, now = (dump(j, problem).decode().splitlines() for j in (source, copy))
    differing = (a or b for a, b in zip(then, now, strict=False) if a != b)
    shorter = "" if len(then) == len(now) else f"{len(then)} commits then, {len(now)} now"
    return Replayed(
        commits=len(now),
        calls=len(copy.calls()),
        evaluations=len(copy.evaluations()),
        difference=next(differing, shorter),
        next_request=following,
    )


class Recorded:
    """An executor that plays nothing: it knows what was played."""

    name = "recorded"
    slots = sys.maxsize  # a report that never comes keeps no other one waiting

    def __init__(self, journal: Journal) -> None:
        self.problem_digest = str(journal.record.configuration["problem"]["digest"])
        self._played: defaultdict[tuple[str, str, str], deque[Evaluation]] = defaultdict(deque)
        for e in journal.evaluations():
            self._played[e.key.digest, e.key.split, e.key.purpose].append(e)
        proposals = journal.proposals()
        self._proposed = {p.digest for p in proposals}
        asked = {call.number for call in journal.calls()}
        # answered, and the run ended before the answer was read
        self._unread = len(asked - {p.number for p in proposals})
        first = next((e for (e, *_) in self._played.values()), None)
        level = first.sandbox_level if first else "none"
        self.sandbox = Sandbox(level, "", "recorded")  # type: ignore[arg-type]

    def submit(self, job: Job) -> Future[Report]:
        """The recorded report, or one that never comes: the run ended before it.

        Of an evaluation in two parts the first is asked for first, as it was then.

        Raises:
            JournalConflictError: the policy was not proposed, and no answer was left to be read.
        """
        digest = Policy("", job.source).digest
        if digest not in self._proposed:
            self._unread -= 1
        if self._unread < 0:
            raise JournalConflictError(f"a policy that was not proposed then: {digest[:12]}")
        future: Future[Report] = Future()
        if remaining := self._played.get((digest, job.split, job.purpose)):
            future.set_result(_report(remaining.popleft()))
        return future

    def close(self) -> None:
        pass


def _report(e: Evaluation) -> Report:
    sandbox = Sandbox(e.sandbox_level, e.filter_sha256, "recorded")  # type: ignore[arg-type]
    return Report(e.outcome, sandbox, e.traces, e.device, e.cpu_s, e.wall_s)


class Silent:
    """Models that answer nothing: replies that were never received never come."""

    async def complete(self, request: Request, observer: Callable[[CallEvent], None]) -> NoReturn:
        """Wait for ever."""
        while True:
            await asyncio.Event().wait()

    def ended(self) -> None:
        """Never: the journal says who was asked."""

    def affords(self, requests: Sequence[Request]) -> bool:
        """Always: the journal says what was asked."""
        return True

    async def close(self) -> None:
        pass

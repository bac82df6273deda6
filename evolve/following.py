"""What a run comes to as it goes, read from its journal by somebody beside it."""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import datetime

from archive.constraint import Constraint, parse_constraint
from archive.entry import SEED, Amount, Call, CallEnd, Decision, Entry, Finish, Outline, Proposal
from archive.front import active_objectives
from archive.journal import Journal
from archive.library import assembled, stop_reason
from archive.store.places import store_at
from evaluators.contract import Score
from evolve.events import Committed
from evolve.settings import Settings
from evolve.spending import Spending, spending
from evolve.state import State

RECENT = 5  # failures that are remembered
PAUSE_S = 600.0  # nobody worked in a longer gap between two evaluations: the run had stopped


class Follower:
    """Reads on at each `look`: every row once, and of entries that decide nothing no text."""

    def __init__(self, archive: str, name: str) -> None:
        """Raises UsageError when there is no such run, or it cannot be read."""
        self.name = name
        self.curve: list[tuple[int, float]] = []  # (evaluations, hypervolume of the front)
        self.recent: deque[Entry] = deque(maxlen=RECENT)  # failures, the latest last
        self.is_live = False
        self.reason = ""  # why it stopped, once it has
        self.spending = Spending(Amount(), Amount(), 0, {}, {}, {})
        self.worked_s = 0.0  # until the last evaluation, pauses left out
        self._store = store_at(archive)
        with closing(self._store.open(name)) as journal:
            self.settings = Settings.from_json(journal.record.configuration["settings"])
        self.problem = self.settings.problem.load()
        self._state = self._empty_state()
        self._worked_s: dict[str, float] = {}  # digest -> when it was evaluated
        self._elapsed_s = 0.0
        self._last_finish: Finish | None = None
        self._calls: list[Call] = []
        self._ends: list[CallEnd] = []

    def _empty_state(self) -> State:
        settings, problem = self.settings, self.problem
        required = [parse_constraint(text, problem.objectives) for text in settings.require]
        deciding = active_objectives(problem, settings.objectives, settings.exact)
        return State(problem, deciding, required)

    @property
    def constraints(self) -> Sequence[Constraint]:
        """What must be satisfied first."""
        return self._state.constraints

    def look(self) -> Iterator[Committed]:
        """What was committed since the last look, in order; each counts when it is taken.

        Raises:
            UsageError: the journal cannot be read.
        """
        self.is_live = self._store.is_being_written(self.name)  # first: what ends is read whole
        with closing(self._store.open(self.name)) as journal:
            notes = journal.notes()
            self.settings = self.settings.resumed(notes)
            self.reason = "" if self.is_live else stop_reason(journal)
            outlines = journal.outlines(after=len(self._state.committed))
            self._time(journal.finishes(self._last_finish.id if self._last_finish else 0))
            entries = self._entries(journal, outlines)
            self._hear(journal)
            self.spending = spending(self._calls, self._ends, notes)
        return (self._commit(entries.get(o.number) or _bare(o)) for o in outlines)

    def _entries(self, journal: Journal, outlines: Sequence[Outline]) -> dict[int, Entry]:
        """Those that joined the front, failed or were there first: the others change no sum."""
        telling = [
            o.number
            for o in outlines
            if o.decision in ("front", "failed") or o.proposer.startswith(SEED)
        ]
        part = journal.excerpt(telling)
        found = assembled(part.commits, part.proposals, part.evaluations, self.problem)
        return {entry.number: entry for entry in found}

    def _commit(self, entry: Entry) -> Committed:
        state = self._state
        state.add(entry)
        self.worked_s = self._worked_s.get(entry.proposal.digest, self.worked_s)
        if entry.decision == "failed":
            self.recent.append(entry)
        if entry.decision == "front":
            self.curve.append((state.evaluated, state.hypervolume()))
        return Committed(
            entry=entry,
            done=state.evaluated,
            budget=self.settings.evaluations,
            front_size=len(state.front()),
            hypervolume=state.hypervolume(),
            failures=dict(state.failures),
            best=state.best(),
        )

    def _time(self, finishes: Iterable[Finish]) -> None:
        for finish in finishes:
            if finish.purpose != "rescore":  # the search had no part in it
                gap_s = (_when(finish) - _when(self._last_finish or finish)).total_seconds()
                self._elapsed_s += gap_s if gap_s < PAUSE_S else 0.0
                self._worked_s[finish.digest] = self._elapsed_s
            self._last_finish = finish

    def _hear(self, journal: Journal) -> None:
        """Calls and their ends, without what was said."""
        calls = journal.calls(after=len(self._calls))
        self._calls += [dataclasses.replace(call, request={}) for call in calls]
        ends = journal.call_ends(after=len(self._ends))
        self._ends += [dataclasses.replace(end, raw=b"") for end in ends]


def _when(finish: Finish) -> datetime:
    return datetime.fromisoformat(finish.finished_at)


def _bare(outline: Outline) -> Entry:
    """An entry without what only its rows say: one that decides nothing, or a damaged one."""
    proposal = Proposal(
        outline.number, "", outline.digest, "", outline.parents, outline.proposer, "",
        duplicate_of=outline.duplicate_of,
    )  # fmt: skip
    is_damaged = outline.decision in ("front", "failed")
    decision: Decision = "dominated" if is_damaged else outline.decision
    return Entry(outline.number, proposal, Score({}), decision)

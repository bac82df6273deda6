"""What a run's rows in a database say, through SQLAlchemy. One thread per journal."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, func, select

from archive.entry import (
    Amount,
    Call,
    CallEnd,
    Candidate,
    Commit,
    Evaluation,
    Excerpt,
    Finish,
    Message,
    Outline,
    Proposal,
    RunRecord,
)
from archive.journal import Only
from archive.store import queries, views
from archive.store.codec import UNREADABLE
from archive.store.database import Database, T, Work
from archive.store.excerpts import Excerpts
from archive.store.faults import damaged_row
from archive.store.models import (
    CallEndRow,
    CallRow,
    CandidateRow,
    CommitRow,
    EvaluationRow,
    MessageRow,
    NoteRow,
    OpeningRow,
    ProposalRow,
    RunRow,
)
from archive.store.queries import of_run
from archive.store.rows import (
    amount_of,
    call_end_of,
    call_of,
    candidate_of,
    commit_of,
    evaluation_of,
    message_of,
    note_of,
    proposal_of,
    record_of,
)


class SqlReader:
    """The reading half of `archive.journal.Journal`, over one run's rows."""

    def __init__(self, database: Database, name: str) -> None:
        """`name` is what the store calls the run."""
        self._database = database
        self._run_id = database.run_id
        self._damage: dict[str, None] = {}
        self._record = self._read_record(name)
        self._excerpts = Excerpts(self._all, partial(of_run, self._run_id), self._proposals())

    @property
    def record(self) -> RunRecord:
        return self._record

    @property
    def damage(self) -> Sequence[str]:
        return list(self._damage)

    def snapshot(self) -> AbstractContextManager[None]:
        return self._database.snapshot()

    def proposals(self, only: Only | None = None) -> Sequence[Proposal]:
        rows = self._rows(self._proposals(only))
        return self._decoded(rows, proposal_of, "proposal {number}")

    def _proposals(self, only: Only | None = None) -> Select[Any]:
        return queries.proposals(self._run_id, only, with_asks=self._database.schema >= 2)

    def unproposed(self) -> Sequence[Candidate]:
        proposed = of_run(self._run_id, ProposalRow, ProposalRow.digest)
        query = of_run(self._run_id, CandidateRow).where(CandidateRow.digest.not_in(proposed))
        rows = self._rows(query.order_by(CandidateRow.digest))
        return self._decoded(rows, candidate_of, "candidate {digest:.12}")

    def evaluations(self, only: Only | None = None) -> Sequence[Evaluation]:
        rows, values = queries.evaluations(self._run_id, only)
        found: dict[int, list[tuple[str, str, float]]] = defaultdict(list)

        def read(connection: Connection) -> Sequence[RowMapping]:
            for evaluation_id, *value in connection.execute(values):
                found[evaluation_id].append(tuple(value))
            return connection.execute(rows).mappings().all()

        return self._decoded(
            self._read(read),
            lambda row: evaluation_of(row, found.get(row["id"], ())),
            "evaluation {id} ({purpose} of {digest:.12})",
        )

    def commits(self, only: Only | None = None) -> Sequence[Commit]:
        return [commit_of(row) for row in self._rows(queries.commits(self._run_id, only))]

    def decisions(self) -> Mapping[str, int]:
        query = of_run(self._run_id, CommitRow, CommitRow.decision, func.count().label("entries"))
        rows = self._rows(query.group_by(CommitRow.decision))
        return {row["decision"]: row["entries"] for row in rows}

    def calls(self, after: int = 0) -> Sequence[Call]:
        if self._database.schema < 2:
            return []
        query = of_run(self._run_id, CallRow).where(CallRow.id > after)
        rows = self._rows(query.order_by(CallRow.id))
        return self._decoded(rows, call_of, "call {id}")

    def call_ends(self, after: int = 0) -> Sequence[CallEnd]:
        if self._database.schema < 2:
            return []
        query = of_run(self._run_id, CallEndRow).order_by(CallEndRow.order)
        rows = self._rows(query.offset(after))
        return self._decoded(rows, call_end_of, "end of call {id}")

    def openings(self) -> Sequence[tuple[str, Sequence[str], str]]:
        rows = self._rows(of_run(self._run_id, OpeningRow).order_by(OpeningRow.id))
        return [(row["reason"], json.loads(row["digests"]), row["at"]) for row in rows]

    def notes(self) -> Sequence[tuple[str, Mapping[str, Any], str]]:
        rows = self._rows(of_run(self._run_id, NoteRow).order_by(NoteRow.id))
        return self._decoded(rows, note_of, "note {id}")

    def messages(self, after: int = 0) -> Sequence[Message]:
        if self._database.schema < 3:
            return []
        query = of_run(self._run_id, MessageRow).where(MessageRow.id > after)
        return self._decoded(self._rows(query.order_by(MessageRow.id)), message_of, "message {id}")

    def failures(self) -> Mapping[str, int]:
        schema = self._database.schema
        return self._read(lambda c: views.failures(c, self._run_id, schema))

    def spent(self) -> Amount:
        if self._database.schema < 2:
            return Amount()
        amounts = (self._rows(query) for query in queries.amounts(self._run_id))
        return sum((amount_of(row) for rows in amounts for row in rows), Amount())

    def protections(self) -> Mapping[tuple[str, str], int]:
        sandbox = (EvaluationRow.sandbox_level, EvaluationRow.filter_sha256)
        query = of_run(self._run_id, EvaluationRow, *sandbox, func.count())
        rows = self._read(lambda c: c.execute(query.group_by(*sandbox)).all())
        return {(level, filter_): count for level, filter_, count in rows}

    def numbers_of(self, digest_prefix: str) -> Mapping[str, int]:
        first = func.min(ProposalRow.number).label("number")
        query = of_run(self._run_id, ProposalRow, ProposalRow.digest, first)
        query = query.where(ProposalRow.digest.startswith(digest_prefix, autoescape=True))
        return {r["digest"]: r["number"] for r in self._rows(query.group_by(ProposalRow.digest))}

    def last_number(self) -> int:
        query = of_run(self._run_id, ProposalRow, func.coalesce(func.max(ProposalRow.number), 0))
        return int(self._read(lambda c: c.execute(query).scalar_one()))

    # -- reading a part ------------------------------------------------------------------------

    def outlines(self, after: int = 0) -> Sequence[Outline]:
        return self._excerpts.outlines(after)

    def finishes(self, after: int = 0) -> Sequence[Finish]:
        return self._excerpts.finishes(after)

    def excerpt(self, numbers: Iterable[int]) -> Excerpt:
        with self.snapshot():
            return self._excerpts.excerpt(numbers)

    def calls_for(self, number: int) -> Sequence[tuple[Call, CallEnd | None]]:
        if self._database.schema < 2:
            return []
        with self.snapshot():
            return self._excerpts.calls_for(number)

    def digests_with(self, text: str) -> Set[str]:
        return self._excerpts.digests_with(text)

    def _rows(self, query: Select[Any]) -> Sequence[RowMapping]:
        return self._read(lambda c: c.execute(query).mappings().all())

    def _all(self, query: Select[Any]) -> Sequence[Any]:
        return self._read(lambda c: c.execute(query).all())

    def _read(self, work: Work[T]) -> T:
        return self._database.read(work)

    def _decoded(
        self, rows: Iterable[RowMapping], decode: Callable[[RowMapping], T], what: str
    ) -> list[T]:
        """What the rows hold; a damaged one is left out and remembered, a writer stops at it."""
        found = []
        for row in rows:
            try:
                found.append(decode(row))
            except UNREADABLE:
                self._damage[name := what.format_map(row)] = None
                if self._database.is_writer:
                    raise damaged_row(self._database.place, name) from None
        return found

    def _read_record(self, name: str) -> RunRecord:
        query = select(RunRow.__table__).where(RunRow.id == self._run_id)
        return replace(record_of(self._rows(query)[0]), name=name)

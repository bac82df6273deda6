"""The journal in SQLite, through SQLAlchemy: one database per run.

Write-ahead log with a full sync at every commit: an `add_*` that returned survives kill -9 and a
power cut. One thread per journal.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import FromClause, Insert, RowMapping, func, insert, inspect, select
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from archive.entry import Call, CallEnd, Commit, Evaluation, Message, Proposal, RunRecord
from archive.journal import JournalConflictError
from archive.store.codec import POLICY_FILE, ValueRows, pack, to_json, unpack, values_of
from archive.store.database import connect, upgraded
from archive.store.faults import storage_faults
from archive.store.lock import WriterLock
from archive.store.models import (
    RUN_ID,
    AskRow,
    Base,
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
    ValueRow,
)
from archive.store.rows import (
    ask_row,
    call_end_of,
    call_end_row,
    call_of,
    call_row,
    candidate_row,
    commit_row,
    evaluation_of,
    evaluation_row,
    key_columns,
    plain,
    proposal_of,
    proposal_row,
)

_PROPOSAL = ProposalRow.__table__
_EVALUATION = EvaluationRow.__table__
_VALUE = ValueRow.__table__
_COMMIT = CommitRow.__table__
_CALL = CallRow.__table__
_CALL_END = CallEndRow.__table__
_ADD_CANDIDATE = sqlite_insert(CandidateRow).on_conflict_do_nothing()
_ADD_PROPOSAL = sqlite_insert(ProposalRow).on_conflict_do_nothing()
_ADD_ASK = sqlite_insert(AskRow).on_conflict_do_nothing()
_ADD_CALL = sqlite_insert(CallRow).on_conflict_do_nothing()
_ADD_CALL_END = sqlite_insert(CallEndRow).on_conflict_do_nothing()
_ADD_EVALUATION = sqlite_insert(EvaluationRow).on_conflict_do_nothing()
_ADD_COMMIT = sqlite_insert(CommitRow).on_conflict_do_nothing()
_ADD_VALUES = insert(ValueRow)
_ADD_OPENING = insert(OpeningRow)
_ADD_NOTE = insert(NoteRow)
_ADD_MESSAGE = insert(MessageRow)


class SqlJournal:
    """`archive.journal.Journal` over one database. Made by `archive.store.journal`."""

    def __init__(self, database: Path, lock: WriterLock | None, *, aside: bool = False) -> None:
        """Open an existing database; with a lock for writing, which `close` releases.

        `aside`: to leave messages while somebody else may hold the lock.
        """
        self.path = database
        self._lock = lock
        writes = aside or lock is not None
        self._connection = connect(database, "rw" if writes else "ro")
        with self._transaction():
            self._schema = upgraded(self._connection, database, write=writes)
            row = self._connection.execute(select(RunRow)).one()
        self._record = RunRecord(
            row.name, json.loads(row.configuration), json.loads(row.versions), row.started_at
        )

    @property
    def record(self) -> RunRecord:
        return self._record

    def close(self) -> None:
        """Give the database and the lock back; a second time does nothing."""
        self._connection.close()
        self._connection.engine.dispose()
        if self._lock is not None:
            self._lock.release()

    def __enter__(self) -> SqlJournal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- writing -----------------------------------------------------------------------------

    def add_proposal(self, proposal: Proposal) -> None:
        with self._transaction():
            self._add(_ADD_CANDIDATE, candidate_row(proposal), key=("run_id", "digest"))
            self._add(_ADD_PROPOSAL, proposal_row(proposal), key=("run_id", "number"))
            self._add(_ADD_ASK, ask_row(proposal), key=("run_id", "number"))

    def add_evaluation(self, evaluation: Evaluation) -> None:
        key = key_columns(evaluation.key)
        values = values_of(evaluation.outcome)
        with self._transaction():
            new_id = self._add(_ADD_EVALUATION, evaluation_row(evaluation), tuple(key))
            if new_id is None:
                self._check_values(key, values)
            elif values:
                names = ("evaluation_id", "objective", "workload", "value")
                rows = [dict(zip(names, (new_id, *v), strict=True)) for v in values]
                self._connection.execute(_ADD_VALUES, rows)

    def add_commit(self, commit: Commit) -> None:
        with self._transaction():
            self._add(_ADD_COMMIT, commit_row(commit), key=("run_id", "order"))

    def add_call(self, call: Call) -> None:
        with self._transaction():
            self._add(_ADD_CALL, call_row(call), key=("run_id", "id"))

    def add_call_end(self, end: CallEnd) -> None:
        with self._transaction():
            self._add(_ADD_CALL_END, call_end_row(end), key=("run_id", "id"))

    def add_opening(self, reason: str, digests: Sequence[str], at: str) -> int:
        row = {"run_id": RUN_ID, "reason": reason, "digests": to_json(list(digests)), "at": at}
        with self._transaction():
            self._connection.execute(_ADD_OPENING, row)
            return self._count(OpeningRow.__table__)

    def add_note(self, kind: str, content: Mapping[str, Any], at: str) -> None:
        row = {"run_id": RUN_ID, "kind": kind, "content": to_json(dict(content)), "at": at}
        with self._transaction():
            self._connection.execute(_ADD_NOTE, row)

    def add_message(self, kind: str, content: Mapping[str, Any], at: str) -> int:
        row = {"run_id": RUN_ID, "kind": kind, "content": pack(dict(content)), "at": at}
        with self._transaction():
            return int(self._connection.execute(_ADD_MESSAGE, row).lastrowid)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with storage_faults(self.path), self._connection.begin():
            yield

    def _add(self, statement: Insert, row: dict[str, Any], key: tuple[str, ...]) -> int | None:
        """Insert; the row's id, or None when exactly this row was there already."""
        result = self._connection.execute(statement, row)
        if result.rowcount:
            return int(result.lastrowid)
        table = statement.table
        same_key = (table.c[name] == row[name] for name in key)
        stored = self._connection.execute(select(table).where(*same_key)).mappings().one_or_none()
        if stored is None or any(plain(stored[n]) != plain(v) for n, v in row.items()):
            shown = {name: row[name] for name in key}
            raise JournalConflictError(
                f"{self.path}: {table.name} {shown} is there with another content"
            )
        return None

    def _check_values(self, key: Mapping[str, Any], values: ValueRows) -> None:
        same_key = (getattr(EvaluationRow, name) == value for name, value in key.items())
        query = (
            select(ValueRow.objective, ValueRow.workload, ValueRow.value)
            .join(EvaluationRow, EvaluationRow.id == ValueRow.evaluation_id)
            .where(*same_key)
        )
        stored = {(o, w, repr(v)) for o, w, v in self._connection.execute(query)}
        if stored != {(o, w, repr(float(v))) for o, w, v in values}:
            raise JournalConflictError(f"{self.path}: evaluation {key} is there with other values")

    # -- reading -----------------------------------------------------------------------------

    def proposals(self) -> Sequence[Proposal]:
        with self._transaction():
            sources = {
                digest: (normal_digest, unpack(files)[POLICY_FILE])
                for digest, normal_digest, files in self._connection.execute(
                    select(CandidateRow.digest, CandidateRow.normal_digest, CandidateRow.files)
                )
            }
            asks = self._asks()
            rows = self._connection.execute(select(_PROPOSAL).order_by(_PROPOSAL.c.number))
            return [
                proposal_of(row, *sources[row["digest"]], asks.get(row["number"]))
                for row in rows.mappings()
            ]

    def _asks(self) -> dict[int, RowMapping]:
        if self._schema < 2:
            return {}
        rows = self._connection.execute(select(AskRow.__table__)).mappings()
        return {row["number"]: row for row in rows}

    def evaluations(self) -> Sequence[Evaluation]:
        with self._transaction():
            rows = self._connection.execute(select(_EVALUATION).order_by(_EVALUATION.c.id))
            evaluations = rows.mappings().all()
            values: dict[int, list[tuple[str, str, float]]] = defaultdict(list)
            for evaluation_id, *value in self._connection.execute(select(_VALUE)):
                values[evaluation_id].append(tuple(value))
            return [evaluation_of(row, values.get(row["id"], ())) for row in evaluations]

    def commits(self) -> Sequence[Commit]:
        with self._transaction():
            rows = self._connection.execute(select(_COMMIT).order_by(_COMMIT.c.order))
            return [
                Commit(r["order"], r["number"], r["decision"], r["duplicate_of"])
                for r in rows.mappings()
            ]

    def calls(self) -> Sequence[Call]:
        if self._schema < 2:
            return []
        with self._transaction():
            rows = self._connection.execute(select(_CALL).order_by(_CALL.c.id))
            return [call_of(row) for row in rows.mappings()]

    def call_ends(self) -> Sequence[CallEnd]:
        if self._schema < 2:
            return []
        with self._transaction():
            rows = self._connection.execute(select(_CALL_END).order_by(_CALL_END.c.order))
            return [call_end_of(row) for row in rows.mappings()]

    def openings(self) -> Sequence[tuple[str, str]]:
        with self._transaction():
            query = select(OpeningRow.reason, OpeningRow.at).order_by(OpeningRow.id)
            return [(reason, at) for reason, at in self._connection.execute(query)]

    def notes(self) -> Sequence[tuple[str, Mapping[str, Any], str]]:
        with self._transaction():
            query = select(NoteRow.kind, NoteRow.content, NoteRow.at).order_by(NoteRow.id)
            rows = self._connection.execute(query)
            return [(kind, json.loads(content), at) for kind, content, at in rows]

    def messages(self, after: int = 0) -> Sequence[Message]:
        if self._schema < 3:
            return []
        with self._transaction():
            query = select(MessageRow.__table__).where(MessageRow.id > after)
            rows = self._connection.execute(query.order_by(MessageRow.id)).mappings()
            return [Message(r["id"], r["kind"], unpack(r["content"]), r["at"]) for r in rows]

    def numbers_of(self, digest_prefix: str) -> dict[str, int]:
        """The candidates whose digest begins so: digest -> number of its first proposal."""
        with self._transaction():
            query = (
                select(ProposalRow.digest, func.min(ProposalRow.number))
                .where(ProposalRow.digest.startswith(digest_prefix, autoescape=True))
                .group_by(ProposalRow.digest)
            )
            return {row[0]: row[1] for row in self._connection.execute(query)}

    def counts(self) -> dict[str, int]:
        """How many rows each table has; an older journal lacks some."""
        with self._transaction():
            there = set(inspect(self._connection).get_table_names())
            tables = (t for t in Base.metadata.sorted_tables if t.name in there)
            return {t.name: self._count(t) for t in tables}

    def _count(self, table: FromClause) -> int:
        return int(self._connection.execute(select(func.count()).select_from(table)).scalar_one())

"""The journal in a database, through SQLAlchemy. One thread per journal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from itertools import count
from typing import Any

from sqlalchemy import Connection, Row

from archive.entry import Call, CallEnd, Candidate, Commit, Evaluation, Proposal
from archive.store import queries, views
from archive.store.adding import add, append, conflict, table_of
from archive.store.codec import ValueRows, pack, to_json, values_of
from archive.store.database import T, Work
from archive.store.models import (
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
    ValueRow,
)
from archive.store.reading import SqlReader
from archive.store.rows import (
    ask_row,
    call_end_row,
    call_row,
    candidate_row,
    commit_row,
    evaluation_row,
    key_columns,
    proposal_row,
)
from archive.store.texts import line, line_of


class SqlJournal(SqlReader):
    """`archive.journal.Journal` over one run's rows. Made by a store."""

    def close(self) -> None:
        """Give the database and the right to write back; a second time does nothing."""
        self._database.close()

    def __enter__(self) -> SqlJournal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def together(self) -> AbstractContextManager[None]:
        return self._database.together()

    def when_away(self, tell: Callable[[str], None]) -> None:
        """A file is not away."""

    def catch_up(self) -> bool:
        return True

    def add_proposal(self, proposal: Proposal) -> None:
        def write(connection: Connection) -> None:
            self._add(connection, CandidateRow, candidate_row(proposal), "digest")
            self._add(connection, ProposalRow, proposal_row(proposal), "number")
            self._add(connection, AskRow, ask_row(proposal), "number")

        self._keep(write, partial(line_of, proposal))

    def add_candidate(self, candidate: Candidate) -> None:
        row = candidate_row(candidate)
        self._keep(lambda c: self._add(c, CandidateRow, row, "digest"), partial(line_of, candidate))

    def add_evaluation(self, evaluation: Evaluation) -> None:
        key = key_columns(evaluation.key)
        values = values_of(evaluation.outcome)

        def write(connection: Connection) -> None:
            new = self._add(connection, EvaluationRow, evaluation_row(evaluation), *key)
            if new is None:
                self._check_values(connection, key, values)
            elif values:
                names = ("evaluation_id", "objective", "workload", "value")
                rows = [dict(zip(names, (new[0], *v), strict=True)) for v in values]
                connection.execute(table_of(ValueRow).insert(), rows)

        self._keep(write, partial(line_of, evaluation))

    def add_commit(self, commit: Commit) -> None:
        def write(connection: Connection) -> None:
            if self._add(connection, CommitRow, commit_row(commit), "order") is not None:
                views.keep_up(connection, self._run_id, commit)

        self._keep(write, partial(line_of, commit))

    def add_call(self, call: Call) -> None:
        self._keep(lambda c: self._add(c, CallRow, call_row(call), "id"), partial(line_of, call))

    def add_call_end(self, end: CallEnd) -> None:
        self._keep(
            lambda c: self._add(c, CallEndRow, call_end_row(end), "id"), partial(line_of, end)
        )

    def add_opening(self, reason: str, digests: Sequence[str], at: str) -> int:
        self._write(
            self._appending(OpeningRow, reason=reason, digests=to_json(list(digests)), at=at)
        )
        return len(self.openings())

    def add_note(self, kind: str, content: Mapping[str, Any], at: str) -> None:
        write = self._appending(NoteRow, kind=kind, content=to_json(dict(content)), at=at)
        self._keep(write, partial(line, "note", [kind, dict(content), at]))

    def add_message(self, kind: str, content: Mapping[str, Any], at: str) -> int:
        return self._write(
            self._appending(MessageRow, kind=kind, content=pack(dict(content)), at=at)
        )

    def _write(self, work: Work[T]) -> T:
        """Work whose outcome is asked for. It may be done again, where it is unknown whether it
        stands: it must find out by itself what it did.
        """
        return self._database.write(work)

    def _keep(self, work: Work[object], line: Callable[[], str]) -> None:
        """Work whose outcome nobody asks for; `line` holds what it adds."""
        self._database.write(work)

    def _add(
        self, connection: Connection, model: type[Base], row: dict[str, Any], *key: str
    ) -> Row[Any] | None:
        return add(connection, model, {"run_id": self._run_id, **row}, ("run_id", *key))

    def _appending(self, model: type[Base], **columns: Any) -> Work[int]:
        attempts = count()

        def write(connection: Connection) -> int:
            self._database.take_turn(connection)
            row = {"run_id": self._run_id, **columns}
            return append(connection, model, row, is_repeated=next(attempts) > 0)

        return write

    def _check_values(
        self, connection: Connection, key: Mapping[str, Any], values: ValueRows
    ) -> None:
        query = queries.values_of(self._run_id, key)
        stored = {(o, w, repr(v)) for o, w, v in connection.execute(query)}
        if stored != {(o, w, repr(float(v))) for o, w, v in values}:
            raise conflict(EvaluationRow, key, tuple(key))

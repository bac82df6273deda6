"""Parts of a journal: what is new since a look, and the rows of a few entries.

What a screen shows of a run of a hundred thousand entries is read by these, never all of it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import RowMapping, Select, select

from archive.entry import (
    Call,
    CallEnd,
    Commit,
    Evaluation,
    Excerpt,
    Finish,
    Outline,
    Proposal,
)
from archive.store.codec import POLICY_FILE, UNREADABLE, unpack
from archive.store.models import (
    CallEndRow,
    CallRow,
    CandidateRow,
    CommitRow,
    EvaluationRow,
    ProposalRow,
    ValueRow,
)
from archive.store.rows import call_end_of, call_of, commit_of, evaluation_of, proposal_of

T = TypeVar("T")
AT_ONCE = 500  # rows that one query names
Read = Callable[[Select[Any]], Sequence[Any]]  # rows, by place and by name


class Excerpts:
    """Parts of one run's rows."""

    def __init__(
        self, read: Read, of_run: Callable[..., Select[Any]], proposals: Select[Any]
    ) -> None:
        """`of_run` gives a query of a table's rows of the run, or of some columns of them;
        `proposals` is the query of all proposals, each with its candidate.
        """
        self._read = read
        self._of_run = of_run
        self._all_proposals = proposals

    def outlines(self, after: int) -> list[Outline]:
        """Commits of a greater order, in order."""
        columns = (
            CommitRow.order,
            CommitRow.number,
            CommitRow.decision,
            CommitRow.duplicate_of,
            ProposalRow.proposer,
            ProposalRow.digest,
            ProposalRow.parents,
        )
        same = (ProposalRow.run_id == CommitRow.run_id) & (ProposalRow.number == CommitRow.number)
        query = self._of_run(CommitRow, *columns).join(ProposalRow, same)
        rows = self._read(query.where(CommitRow.order > after).order_by(CommitRow.order))
        return [
            Outline(*about, parents=tuple(json.loads(parents)))  # type: ignore[misc]
            for *about, parents in rows
        ]

    def finishes(self, after: int) -> list[Finish]:
        """Evaluations of a greater id, in order."""
        columns = (
            EvaluationRow.id,
            EvaluationRow.digest,
            EvaluationRow.purpose,
            EvaluationRow.finished_at,
        )
        query = self._of_run(EvaluationRow, *columns).where(EvaluationRow.id > after)
        return [Finish(*row) for row in self._read(query.order_by(EvaluationRow.id))]

    def digests_with(self, text: str) -> set[str]:
        """The candidates whose source contains the text; a damaged one contains nothing."""
        rows = self._read(self._of_run(CandidateRow, CandidateRow.digest, CandidateRow.files))
        return {digest for digest, files in rows if text in _readable(files)}

    def calls_for(self, number: int) -> list[tuple[Call, CallEnd | None]]:
        """The calls of one proposal in order, each with its end."""
        query = self._of_run(CallRow).where(CallRow.number == number).order_by(CallRow.id)
        made = _whole((row._mapping for row in self._read(query)), call_of)
        rows = self._named(self._of_run(CallEndRow), CallEndRow.id, [c.id for c in made])
        came = {end.id: end for end in _whole(rows, call_end_of)}
        return [(c, came.get(c.id)) for c in made]

    def excerpt(self, numbers: Iterable[int]) -> Excerpt:
        """Every row of some entries, and of what they duplicate."""
        damaged: dict[int, str] = {}
        commits = self._commits(numbers)
        proposals = self._proposals([c.number for c in commits], damaged)
        evaluations = self._evaluations(proposals, damaged)
        for commit in commits:
            if commit.duplicate_of in damaged:
                damaged[commit.number] = f"it duplicates {commit.duplicate_of}, which is damaged"
        return Excerpt(
            [c for c in commits if c.number not in damaged],
            [p for p in proposals if p.number not in damaged],
            evaluations,
            damaged,
        )

    def _commits(self, numbers: Iterable[int]) -> list[Commit]:
        """Theirs and those of what they duplicate, in order of commit."""
        query = self._of_run(CommitRow)
        rows = self._named(query, CommitRow.number, numbers)
        originals = {row["duplicate_of"] for row in rows} - {row["number"] for row in rows} - {None}
        rows += self._named(query, CommitRow.number, originals)
        return sorted(map(commit_of, rows), key=lambda commit: commit.order)

    def _proposals(self, numbers: Sequence[int], damaged: dict[int, str]) -> list[Proposal]:
        found = []
        for row in self._named(self._all_proposals, ProposalRow.number, numbers):
            try:
                found.append(proposal_of(row))
            except UNREADABLE:
                damaged[row["number"]] = "its proposal cannot be read"
        return found

    def _evaluations(
        self, proposals: Sequence[Proposal], damaged: dict[int, str]
    ) -> list[Evaluation]:
        """In the order of their arrival."""
        numbers = defaultdict(list)
        for p in proposals:
            numbers[p.digest].append(p.number)
        rows = self._named(self._of_run(EvaluationRow), EvaluationRow.digest, numbers)
        values = self._values([row["id"] for row in rows])
        found = []
        for row in sorted(rows, key=lambda row: int(row["id"])):
            try:
                found.append(evaluation_of(row, values.get(row["id"], ())))
            except UNREADABLE:
                about = f"its {row['purpose']} evaluation cannot be read"
                damaged.update(dict.fromkeys(numbers[row["digest"]], about))
        return found

    def _values(self, ids: Sequence[int]) -> Mapping[int, Sequence[tuple[str, str, float]]]:
        table = ValueRow.__table__
        values: dict[int, list[tuple[str, str, float]]] = defaultdict(list)
        for row in self._named(select(table), ValueRow.evaluation_id, ids):
            values[row["evaluation_id"]].append((row["objective"], row["workload"], row["value"]))
        return values

    def _named(self, query: Select[Any], column: Any, wanted: Iterable[Any]) -> list[RowMapping]:
        """The rows whose column has a wanted value, asked for a few hundred at a time."""
        remaining = iter(wanted)
        rows: list[RowMapping] = []
        while some := list(islice(remaining, AT_ONCE)):
            rows += (row._mapping for row in self._read(query.where(column.in_(some))))
        return rows


def _whole(rows: Iterable[RowMapping], decode: Callable[[RowMapping], T]) -> list[T]:
    """What can be read of the rows."""
    found = []
    for row in rows:
        with suppress(*UNREADABLE):
            found.append(decode(row))
    return found


def _readable(files: bytes) -> str:
    try:
        return str(unpack(files)[POLICY_FILE])
    except UNREADABLE:
        return ""

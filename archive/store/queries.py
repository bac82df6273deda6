"""What is asked of the tables, of one run each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, false, or_, select

from archive.journal import Only
from archive.store.adding import table_of
from archive.store.models import (
    AskRow,
    Base,
    CallEndRow,
    CallRow,
    CandidateRow,
    CommitRow,
    EvaluationRow,
    ProposalRow,
    ValueRow,
)


def of_run(run_id: int, model: type[Base], *columns: Any) -> Select[Any]:
    """A table's rows of a run, or some columns of them."""
    table = table_of(model)
    query = select(*(columns or table.c)).select_from(table)
    return query.where(table.c.run_id == run_id)


def proposals(run_id: int, only: Only | None, with_asks: bool) -> Select[Any]:
    """Each with its candidate, and with what was said of it where the schema has that."""
    of_candidate = (ProposalRow.run_id == CandidateRow.run_id) & (
        ProposalRow.digest == CandidateRow.digest
    )
    columns = (*table_of(ProposalRow).c, CandidateRow.normal_digest, CandidateRow.files)
    query = of_run(run_id, ProposalRow, *columns).join(CandidateRow, of_candidate)
    if with_asks:
        of_ask = (ProposalRow.run_id == AskRow.run_id) & (ProposalRow.number == AskRow.number)
        said = (AskRow.seen, AskRow.duplicate_of, AskRow.rejection, AskRow.idea)
        query = query.outerjoin(AskRow, of_ask).add_columns(*said)
    if only is not None:
        query = query.where(ProposalRow.number.in_(_chosen(run_id, only, CommitRow.number)))
    return query.order_by(ProposalRow.number)


def evaluations(run_id: int, only: Only | None) -> tuple[Select[Any], Select[Any]]:
    """Evaluations in order of arrival; (evaluation, objective, workload, value) of their values."""
    rows = of_run(run_id, EvaluationRow)
    columns = (ValueRow.evaluation_id, ValueRow.objective, ValueRow.workload, ValueRow.value)
    values = _with_values(of_run(run_id, EvaluationRow, *columns))
    if only is not None:
        numbers = _chosen(run_id, only, CommitRow.number)
        digests = of_run(run_id, ProposalRow, ProposalRow.digest)
        is_chosen = EvaluationRow.digest.in_(digests.where(ProposalRow.number.in_(numbers)))
        rows, values = rows.where(is_chosen), values.where(is_chosen)
    return rows.order_by(EvaluationRow.id), values


def values_of(run_id: int, key: Mapping[str, Any]) -> Select[Any]:
    """(objective, workload, value) of the evaluation with that key."""
    columns = (ValueRow.objective, ValueRow.workload, ValueRow.value)
    same_key = (getattr(EvaluationRow, name) == value for name, value in key.items())
    return _with_values(of_run(run_id, EvaluationRow, *columns)).where(*same_key)


def _with_values(query: Select[Any]) -> Select[Any]:
    return query.join(ValueRow, EvaluationRow.id == ValueRow.evaluation_id)


def amounts(run_id: int) -> tuple[Select[Any], Select[Any]]:
    """What calls came to, and what those on the wire can come to."""

    def columns(row: Any) -> Any:
        return row.tokens, row.usd, row.unpriced_tokens

    ended = of_run(run_id, CallEndRow, *columns(CallEndRow))
    on_the_wire = of_run(run_id, CallRow, *columns(CallRow)).where(
        CallRow.id.not_in(of_run(run_id, CallEndRow, CallEndRow.id))
    )
    return ended, on_the_wire


def commits(run_id: int, only: Only | None) -> Select[Any]:
    """In their order."""
    query = of_run(run_id, CommitRow)
    if only is not None:
        query = query.where(CommitRow.order.in_(_chosen(run_id, only, CommitRow.order)))
    return query.order_by(CommitRow.order)


def _chosen(run_id: int, only: Only, column: Any) -> Select[Any]:
    """A column of the commits that are asked for."""
    of_number = CommitRow.number.in_(only.numbers)
    of_decision = false() if only.decision is None else CommitRow.decision == only.decision
    is_chosen = or_(of_number, of_decision)
    return of_run(run_id, CommitRow, column).where(is_chosen)

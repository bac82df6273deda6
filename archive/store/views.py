"""Tables that could be made again from the others, kept because reading them is quick.

They are written in the transaction of the commit that they take in, and stamped with its order: a
view whose stamp is behind is not read. Whoever commits next brings it up to date.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, func, insert, literal, update

from archive.entry import REJECTED, Commit, failure_kinds
from archive.store.codec import outcome_of, unpack
from archive.store.models import (
    AskRow,
    CommitRow,
    EvaluationRow,
    FailureView,
    ProposalRow,
    ViewStamp,
)
from archive.store.queries import of_run

ASKS, VIEWS = 2, 4  # the schemas that brought them
_PLAYED = ("search", "confirm")  # the purposes that decide on an entry


_ADVANCE = (
    update(ViewStamp)
    .where(ViewStamp.run_id == bindparam("run"), ViewStamp.order == bindparam("now") - 1)
    .values(order=bindparam("now"))
)


def keep_up(connection: Connection, run_id: int, commit: Commit) -> None:
    """Take in a commit, and those before it that the views do not have yet."""
    if connection.execute(_ADVANCE, {"run": run_id, "now": commit.order}).rowcount == 0:
        connection.execute(delete(FailureView).where(FailureView.run_id == run_id))
        connection.execute(delete(ViewStamp).where(ViewStamp.run_id == run_id))
        connection.execute(insert(ViewStamp), {"run_id": run_id, "order": commit.order})
        _take_in(connection, run_id, after=0)
    elif commit.decision == "failed":
        _take_in(connection, run_id, after=commit.order - 1)


def _take_in(connection: Connection, run_id: int, after: int) -> None:
    found = _failures(connection, run_id, after, VIEWS)
    rows = [{"run_id": run_id, "number": number, "kind": kind} for number, kind in found]
    if rows:
        connection.execute(insert(FailureView), rows)


def failures(connection: Connection, run_id: int, schema: int) -> Mapping[str, int]:
    """How many entries failed of what: from the view, or from the rows where that is behind."""
    if not _is_current(connection, run_id, schema):
        return Counter(kind for _, kind in _failures(connection, run_id, 0, schema))
    query = of_run(run_id, FailureView, FailureView.kind, func.count())
    return {row[0]: row[1] for row in connection.execute(query.group_by(FailureView.kind))}


def _is_current(connection: Connection, run_id: int, schema: int) -> bool:
    if schema < VIEWS:
        return False
    stamp = connection.execute(of_run(run_id, ViewStamp, ViewStamp.order)).scalar_one_or_none()
    return bool(stamp == connection.execute(_last_order(run_id)).scalar_one())


def _last_order(run_id: int) -> Select[Any]:
    return of_run(run_id, CommitRow, func.coalesce(func.max(CommitRow.order), 0))


def _failures(
    connection: Connection, run_id: int, after: int, schema: int
) -> list[tuple[int, str]]:
    """(number, kind) of the failed entries that were committed after a commit."""
    kinds: dict[int, list[str]] = {}
    for number, rejection, details in connection.execute(_failed(run_id, after, schema)):
        if rejection:
            kinds[number] = [REJECTED]
        elif details is not None and not kinds.get(number):  # else the first one says it
            kinds[number] = failure_kinds(outcome_of(unpack(details), ()))
    return [(number, kind) for number, found in kinds.items() for kind in found]


def _failed(run_id: int, after: int, schema: int) -> Select[Any]:
    """(number, rejection, details) of each evaluation that may have failed them, in its order."""
    of_proposal = _same(CommitRow, ProposalRow, "number")
    played = _same(ProposalRow, EvaluationRow, "digest") & EvaluationRow.purpose.in_(_PLAYED)
    rejection = AskRow.rejection if schema >= ASKS else literal("")
    query = of_run(run_id, CommitRow, CommitRow.number, rejection, EvaluationRow.details)
    query = query.join(ProposalRow, of_proposal).outerjoin(EvaluationRow, played)
    if schema >= ASKS:
        query = query.outerjoin(AskRow, _same(CommitRow, AskRow, "number"))
    query = query.where(CommitRow.order > after, CommitRow.decision == "failed")
    return query.order_by(CommitRow.order, EvaluationRow.purpose.desc(), EvaluationRow.id)


def _same(left: Any, right: Any, column: str) -> Any:
    is_same = getattr(left, column) == getattr(right, column)
    return (left.run_id == right.run_id) & is_same

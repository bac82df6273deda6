"""From a journal's objects to the columns of its tables, all but `run_id`, and back."""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import RowMapping

from archive.entry import (
    Amount,
    Call,
    CallEnd,
    Candidate,
    Commit,
    Evaluation,
    EvaluationKey,
    Message,
    Proposal,
    RunRecord,
)
from archive.store.codec import (
    POLICY_FILE,
    ValueRows,
    details_of,
    outcome_of,
    pack,
    to_json,
    unpack,
)
from evaluators.contract import Failure

Columns = dict[str, Any]
_OF_ASK = ("seen", "duplicate_of", "rejection", "idea")  # a journal of the first schema has none


def candidate_row(candidate: Candidate | Proposal) -> Columns:
    """A candidate, or what a proposal says of its own."""
    return {
        "digest": candidate.digest,
        "normal_digest": candidate.normal_digest,
        "files": pack({POLICY_FILE: candidate.source}),
    }


def candidate_of(row: RowMapping) -> Candidate:
    """The candidate of a row."""
    return Candidate(unpack(row["files"])[POLICY_FILE], row["digest"], row["normal_digest"])


def proposal_row(proposal: Proposal) -> Columns:
    """A proposal without its candidate's text."""
    return {
        "number": proposal.number,
        "digest": proposal.digest,
        "parents": to_json(proposal.parents),
        "proposer": proposal.proposer,
        "stream": proposal.stream,
    }


def ask_row(proposal: Proposal) -> Columns:
    """What it was made from, and why it is no candidate."""
    return {
        "number": proposal.number,
        "seen": proposal.seen,
        "duplicate_of": proposal.duplicate_of,
        "rejection": proposal.rejection,
        "idea": proposal.idea,
    }


def call_row(call: Call) -> Columns:
    """A call before it is sent."""
    return {
        "id": call.id,
        "number": call.number,
        "turn": call.turn,
        "seen": call.seen,
        "request": pack(dict(call.request)),
        **_amount_columns(call.worst),
        "at": call.at,
    }


def call_end_row(end: CallEnd) -> Columns:
    """What came of it."""
    return {
        "id": end.id,
        "state": end.state,
        "answer": pack(dict(end.answer)),
        "raw": pack(base64.b64encode(end.raw).decode()),
        **_amount_columns(end.spent),
        "is_known": end.is_known,
        "at": end.at,
    }


def _amount_columns(amount: Amount) -> Columns:
    return {
        "tokens": amount.tokens,
        "usd": str(amount.usd),
        "unpriced_tokens": amount.unpriced_tokens,
    }


def key_columns(key: EvaluationKey) -> Columns:
    """What makes two evaluations the same."""
    return _fields(key)


def evaluation_row(evaluation: Evaluation) -> Columns:
    """An evaluation without its values."""
    outcome = evaluation.outcome
    return {
        **key_columns(evaluation.key),
        "executor": evaluation.executor,
        "device": evaluation.device,
        "sandbox_level": evaluation.sandbox_level,
        "filter_sha256": evaluation.filter_sha256,
        "failure_kind": outcome.kind if isinstance(outcome, Failure) else None,
        "details": pack(details_of(outcome, evaluation.traces)),
        "cpu_s": evaluation.cpu_s,
        "wall_s": evaluation.wall_s,
        "finished_at": evaluation.finished_at,
    }


def commit_row(commit: Commit) -> Columns:
    """A decision."""
    return _fields(commit)


def _fields(row: EvaluationKey | Commit) -> dict[str, Any]:
    return {f.name: getattr(row, f.name) for f in dataclasses.fields(row)}


def run_row(record: RunRecord) -> Columns:
    """How a run was started, as the `run` table has it."""
    return {
        "name": record.name,
        "configuration": to_json(dict(record.configuration)),
        "versions": to_json(dict(record.versions)),
        "started_at": record.started_at,
    }


def record_of(row: RowMapping) -> RunRecord:
    """The record that a row came from."""
    configuration, versions = json.loads(row["configuration"]), json.loads(row["versions"])
    return RunRecord(row["name"], configuration, versions, row["started_at"])


def proposal_of(row: RowMapping) -> Proposal:
    """The proposal that a row came from, joined with its candidate's and what was said of it."""
    said = {name: row[name] for name in _OF_ASK} if row.get("seen") is not None else {}
    return Proposal(
        number=row["number"],
        source=unpack(row["files"])[POLICY_FILE],
        digest=row["digest"],
        normal_digest=row["normal_digest"],
        parents=tuple(json.loads(row["parents"])),
        proposer=row["proposer"],
        stream=row["stream"],
        **said,
    )


def commit_of(row: RowMapping) -> Commit:
    """The decision that a row came from."""
    return Commit(row["order"], row["number"], row["decision"], row["duplicate_of"])


def note_of(row: RowMapping) -> tuple[str, Mapping[str, Any], str]:
    """(kind, content, at) of a note."""
    return row["kind"], json.loads(row["content"]), row["at"]


def message_of(row: RowMapping) -> Message:
    """The message that a row came from."""
    return Message(row["id"], row["kind"], unpack(row["content"]), row["at"])


def call_of(row: RowMapping) -> Call:
    """The call that a row came from."""
    return Call(
        row["id"], row["number"], row["turn"], row["seen"], unpack(row["request"]),
        amount_of(row), row["at"],
    )  # fmt: skip


def call_end_of(row: RowMapping) -> CallEnd:
    """The end of a call that a row came from."""
    raw = base64.b64decode(unpack(row["raw"]))
    return CallEnd(
        row["id"], row["state"], unpack(row["answer"]), raw, amount_of(row), row["is_known"],
        row["at"],
    )  # fmt: skip


def amount_of(row: RowMapping) -> Amount:
    """What a call came to, or can come to at most."""
    return Amount(row["tokens"], Decimal(row["usd"]), row["unpriced_tokens"])


def evaluation_of(row: RowMapping, values: ValueRows) -> Evaluation:
    """The evaluation that a row and its value rows came from."""
    details = unpack(row["details"])
    return Evaluation(
        EvaluationKey(*(row[f.name] for f in dataclasses.fields(EvaluationKey))),
        outcome_of(details, values),
        row["executor"],
        row["device"],
        row["sandbox_level"],
        row["filter_sha256"],
        details["traces"],
        row["cpu_s"],
        row["wall_s"],
        row["finished_at"],
    )

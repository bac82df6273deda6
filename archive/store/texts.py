"""A run's rows as lines of text: the same lines for the same rows, whichever store holds them."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from archive.entry import (
    Amount,
    Call,
    CallEnd,
    Candidate,
    Commit,
    Evaluation,
    EvaluationKey,
    Proposal,
    RunRecord,
)
from archive.journal import Journal
from archive.store.codec import details_of, outcome_of, to_json, values_of

Row = list[Any]  # the kind first, then what it holds as plain JSON


def lines_of(journal: Journal) -> Iterator[str]:
    """The run's record without its name, and every row, in an order that they can be added in."""
    with journal.snapshot():
        record = dataclasses.asdict(journal.record)
        del record["name"]  # a run may be given another one
        yield line("run", record)
        yield from map(line_of, journal.proposals())
        yield from map(line_of, journal.unproposed())
        yield from map(line_of, journal.evaluations())
        yield from map(line_of, journal.commits())
        yield from map(line_of, journal.calls())
        yield from map(line_of, journal.call_ends())
        yield from (line("opening", list(o)) for o in journal.openings())
        yield from (line("note", list(n)) for n in journal.notes())
        yield from (line("message", [m.kind, m.content, m.at]) for m in journal.messages())


def digest_of(lines: Iterable[str]) -> str:
    """SHA-256 of a run's lines."""
    digest = hashlib.sha256()
    for line in lines:
        digest.update(line.encode())
    return digest.hexdigest()


def record_of(name: str, text: str) -> RunRecord:
    """The record in a run's first line, under a name."""
    kind, content = json.loads(text)
    assert kind == "run"
    return RunRecord(name=name, **content)


def add_lines(journal: Journal, lines: Iterable[str]) -> None:
    """Add the rows that lines hold, all of them or none; a note that is there is not added again.

    Raises:
        JournalConflictError: another row has the key of one of them.
    """
    with journal.together():
        there = {line("note", list(n)) for n in journal.notes()}
        for text in lines:
            if text not in there:
                kind, content = json.loads(text)
                _ADD[kind](journal, content)


def line_of(row: Proposal | Candidate | Evaluation | Commit | Call | CallEnd) -> str:
    """The line that holds a row."""
    kind, plain = _PLAIN[type(row)]
    return line(kind, plain(row))


def line(kind: str, content: Any) -> str:
    return to_json([kind, content]) + "\n"


def _of_evaluation(e: Evaluation) -> dict[str, Any]:
    plain = {f.name: getattr(e, f.name) for f in dataclasses.fields(e)}
    return {
        **plain,
        "key": dataclasses.asdict(e.key),
        "outcome": details_of(e.outcome, {}),
        "traces": dict(e.traces),
        "values": sorted(values_of(e.outcome)),
    }


def _evaluation(content: dict[str, Any]) -> Evaluation:
    outcome = outcome_of(content.pop("outcome"), [tuple(v) for v in content.pop("values")])
    key = EvaluationKey(**content.pop("key"))
    return Evaluation(key, outcome, **content)


def _of_amount(amount: Amount) -> list[Any]:
    return [amount.tokens, str(amount.usd), amount.unpriced_tokens]


def _amount(content: list[Any]) -> Amount:
    tokens, usd, unpriced_tokens = content
    return Amount(tokens, Decimal(usd), unpriced_tokens)


def _of_call(call: Call) -> dict[str, Any]:
    return {**dataclasses.asdict(call), "worst": _of_amount(call.worst)}


def _call(content: dict[str, Any]) -> Call:
    return Call(**{**content, "worst": _amount(content["worst"])})


def _of_end(end: CallEnd) -> dict[str, Any]:
    raw = base64.b64encode(end.raw).decode()
    return {**dataclasses.asdict(end), "raw": raw, "spent": _of_amount(end.spent)}


def _end(content: dict[str, Any]) -> CallEnd:
    raw = base64.b64decode(content["raw"])
    return CallEnd(**{**content, "raw": raw, "spent": _amount(content["spent"])})


def _proposal(content: dict[str, Any]) -> Proposal:
    return Proposal(**{**content, "parents": tuple(content["parents"])})


_PLAIN: Mapping[type, tuple[str, Callable[[Any], Any]]] = {
    Proposal: ("proposal", dataclasses.asdict),
    Candidate: ("candidate", dataclasses.asdict),
    Evaluation: ("evaluation", _of_evaluation),
    Commit: ("commit", dataclasses.asdict),
    Call: ("call", _of_call),
    CallEnd: ("call end", _of_end),
}
_ADD: Mapping[str, Callable[[Journal, Any], object]] = {
    "proposal": lambda journal, content: journal.add_proposal(_proposal(content)),
    "candidate": lambda journal, content: journal.add_candidate(Candidate(**content)),
    "evaluation": lambda journal, content: journal.add_evaluation(_evaluation(content)),
    "commit": lambda journal, content: journal.add_commit(Commit(**content)),
    "call": lambda journal, content: journal.add_call(_call(content)),
    "call end": lambda journal, content: journal.add_call_end(_end(content)),
    "opening": lambda journal, content: journal.add_opening(*content),
    "note": lambda journal, content: journal.add_note(*content),
    "message": lambda journal, content: journal.add_message(*content),
}

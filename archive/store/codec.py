"""Rows as the database holds them: compressed JSON, and outcomes apart from their values.

JSON writes a float64 with as many digits as bring it back bit for bit.
"""

from __future__ import annotations

import dataclasses
import json
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

from evaluators.contract import Failure, Outcome, Score

POLICY_FILE = "policy.py"  # the one file of a candidate
UNREADABLE = (zlib.error, ValueError, KeyError, TypeError, ArithmeticError)  # a row's content
ValueRows = Iterable[tuple[str, str, float]]  # objective, workload, value


def to_json(data: Any) -> str:
    """Canonical JSON, in ASCII: lone surrogates of a candidate's message come back as they were."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"))


def pack(data: Any) -> bytes:
    """Compressed canonical JSON."""
    return zlib.compress(to_json(data).encode(), 1)


def unpack(blob: bytes) -> Any:
    """What was packed. Raises zlib.error or ValueError when the bytes are damaged."""
    return json.loads(zlib.decompress(blob))


def details_of(outcome: Outcome, traces: Mapping[str, str]) -> dict[str, Any]:
    """Everything of an outcome but its values, with the traces."""
    if isinstance(outcome, Failure):
        return {"failure": dataclasses.asdict(outcome), "traces": dict(traces)}
    return {
        "failures": {w: dataclasses.asdict(f) for w, f in outcome.failures.items()},
        "breakdown": {w: dict(b) for w, b in outcome.breakdown.items()},
        "traces": dict(traces),
    }


def outcome_of(details: Mapping[str, Any], values: ValueRows) -> Outcome:
    """The outcome that `details_of` and the value rows came from."""
    if "failure" in details:
        return Failure(**details["failure"])
    by_objective: dict[str, dict[str, float]] = {}
    for objective, workload, value in values:
        by_objective.setdefault(objective, {})[workload] = value
    failures = {w: Failure(**f) for w, f in details["failures"].items()}
    return Score(by_objective, failures, details["breakdown"])


def values_of(outcome: Outcome) -> list[tuple[str, str, float]]:
    """The values of a score as rows; none of a failure."""
    if isinstance(outcome, Failure):
        return []
    return [(o, w, value) for o, row in outcome.values.items() for w, value in row.items()]

"""Golden actions: a policy's recorded decisions as a small file that a test can be run against."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from evaluators.contract import Failure, Problem, Split
from evaluators.errors import UsageError
from evaluators.execution.recording import Recording, record
from evaluators.signature import describe

MOST_WORKLOADS = 20
MOST_DECISIONS = 8  # of one workload: the first ones
MOST_BYTES = 250_000  # of one workload, before they are packed; the first decision always
_PLAYED: tuple[Split, ...] = ("search", "selection")  # what a search plays; never the sealed one


def golden_file(problem: Problem, source: str, unsafe_no_sandbox: bool = False) -> bytes:
    """The recorded decisions as gzipped JSON, the same bytes for the same decisions.

    They are on up to 20 workloads that anybody may see: the tiny ones first, but for a policy that
    fails there, which no search asks for.

    Raises:
        UsageError: the policy fails on a search or selection workload.
    """
    found = _recorded(problem, source, ("tiny", *_PLAYED), unsafe_no_sandbox)
    if isinstance(found, Failure):
        found = _recorded(problem, source, _PLAYED, unsafe_no_sandbox)
    if isinstance(found, Failure):
        raise UsageError(
            f"the policy fails, {found.kind}: {found.message}", "export one of the front"
        )
    golden = {
        "signature": describe(problem.signature),
        "episodes": [_episode(r) for r in found],
    }
    text = json.dumps(golden, separators=(",", ":"))
    return gzip.compress(text.encode(), mtime=0)


def _recorded(
    problem: Problem, source: str, splits: Sequence[Split], unsafe_no_sandbox: bool
) -> list[Recording] | Failure:
    workloads = [w for split in splits for w in problem.workloads(split)][:MOST_WORKLOADS]
    return record(problem, source, workloads, MOST_DECISIONS, unsafe_no_sandbox)


def _episode(recording: Recording) -> dict[str, Any]:
    return {
        "workload": recording.workload_id,
        "given": _plain(recording.given),
        "decisions": _within_bytes(
            [[_plain(seen), _plain(action)] for seen, action in recording.decisions],
            [_bytes(seen) + _bytes(action) for seen, action in recording.decisions],
        ),
    }


def _within_bytes(decisions: Sequence[Any], sizes: Sequence[int]) -> list[Any]:
    fits = np.cumsum(sizes) <= MOST_BYTES
    return list(decisions[: max(1, int(fits.sum()))])


def _bytes(value: Any) -> int:
    if isinstance(value, Mapping):
        return sum(_bytes(v) for v in value.values())
    return int(np.asarray(value).nbytes)


def _plain(value: Any) -> Any:
    """JSON for a value: an array is an object with its dtype, shape and numbers."""
    match value:
        case np.ndarray():
            flat = value.ravel().tolist()
            return {"dtype": value.dtype.name, "shape": list(value.shape), "flat": flat}
        case np.generic():
            return value.item()
        case Mapping():
            return {"fields": {k: _plain(v) for k, v in value.items()}}
        case list() | tuple():
            return [_plain(v) for v in value]
        case _:
            return value

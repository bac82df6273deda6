"""What no sequence can beat.

Total tardiness: the optimum by decomposition for up to 200 jobs, and for more where it is found
within a number of parts that takes seconds; a bound by relaxation where it is not. Those of the
generated instances are kept in `known_limits.json`, by what the instance is: the hardest take half
a minute. `python -m tests.bench.known_limits` writes that file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np

from evaluators.contract import Bound, Workload
from evaluators.problems.single_machine_tardiness.decomposition import least_total_tardiness
from evaluators.problems.single_machine_tardiness.relaxation import total_tardiness_bound
from evaluators.problems.single_machine_tardiness.simulator import (
    earliest_due_date,
    log_total,
    tardiness,
)

ALWAYS_SOLVED_JOBS = 200  # in 2 s on average, in 20 s where due dates are close together
MOST_PARTS = 100_000  # of a larger instance: some 5 s, and 120 MB

KNOWN = Path(__file__).with_name("known_limits.json")
PROOFS: Mapping[Literal["optimum", "bound"], str] = {
    "optimum": "decomposition at the longest job (Lawler 1977)",
    "bound": "Lagrangian relaxation of the machine's capacity",
}
MAX_TARDINESS_PROOF = "the earliest due date first (Jackson 1955)"

Limit = tuple[int, Literal["optimum", "bound"]]  # total tardiness, time units


def limits(workload: Workload) -> Mapping[str, Bound]:
    """Proved limits of all objectives."""
    p, d = (workload.content[k] for k in ("processing_time", "due_date"))
    total, kind = _known().get(workload.digest) or total_tardiness_limit(p, d)
    edd = tardiness(p, d, earliest_due_date(p, d))
    return {
        "log_total_tardiness": Bound(log_total(total, p, d), kind, PROOFS[kind]),
        "max_tardiness": Bound(float(edd.max() / p.sum()), "optimum", MAX_TARDINESS_PROOF),
        "decision_cpu": Bound(0.0, "bound", "time is not negative"),
    }


def total_tardiness_limit(processing_time: np.ndarray, due_date: np.ndarray) -> Limit:
    """The least total tardiness, or where that takes too long a bound on it: at least 1.

    Args:
        processing_time: int64[jobs], time units, at least 1.
        due_date: int64[jobs], time units; some job is late in every sequence.
    """
    is_small = len(due_date) <= ALWAYS_SOLVED_JOBS
    most_parts = float("inf") if is_small else MOST_PARTS
    least = least_total_tardiness(processing_time, due_date, most_parts)
    if least is not None:
        return least, "optimum"
    return max(1, total_tardiness_bound(processing_time, due_date)), "bound"


@cache
def _known() -> Mapping[str, Limit]:
    """By the workload's digest."""
    return {digest: (total, kind) for digest, total, kind in json.loads(KNOWN.read_text())}

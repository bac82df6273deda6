"""What no placement can beat.

The optima of the cases that come with the problem are kept in `known_limits.json`, by what the case
is; `python -m tests.bench.known_pressures` writes that file. Others are solved when asked for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from pathlib import Path

from evaluators.contract import Bound, Workload
from evaluators.problems.model_placement.instance import case_of
from evaluators.problems.model_placement.optimum import Limit, least_max_pressure
from evaluators.problems.model_placement.simulator import log_pressure

KNOWN = Path(__file__).with_name("known_limits.json")
PRESSURE_PROOF = "bisection over questions to CP-SAT, all in whole numbers"
MOVED_PROOF = "the previous placement fits"


def limits(workload: Workload) -> Mapping[str, Bound]:
    """Proved limits of all objectives. Raises UsageError for an unknown case without ortools."""
    pressure, kind = pressure_limit(workload)
    value = log_pressure(float(pressure), case_of(workload.content))
    return {
        "max_pressure": Bound(value, kind, PRESSURE_PROOF),
        "moved_share": Bound(0.0, "optimum", MOVED_PROOF),
        "decision_cpu": Bound(0.0, "bound", "time is not negative"),
    }


def pressure_limit(workload: Workload) -> Limit:
    """The least pressure that the fullest GPU can have, known or solved."""
    known = _known().get(workload.digest)
    return (
        (known, "optimum") if known is not None else least_max_pressure(case_of(workload.content))
    )


@cache
def _known() -> Mapping[str, Fraction]:
    """By the workload's digest."""
    return {digest: Fraction(optimum) for digest, optimum in json.loads(KNOWN.read_text())}

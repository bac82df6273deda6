"""The placement of the lowest largest pressure, by bisection over questions to CP-SAT.

"Is there a placement in which every pressure is below t?" is a question of packing: load + t * size
of a GPU's models must stay below t * memory. Loads are whole numbers over a common denominator and
t a fraction, so every answer is exact, and the last question, whether anything is below the best
placement found, proves it. The package ortools (extra `solvers`) is imported when one is asked.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

import numpy as np

from evaluators.errors import UsageError
from evaluators.problems.model_placement.instance import LOAD_DENOMINATOR, Case

NEAR = Fraction(1, 2 * LOAD_DENOMINATOR)  # req/s per s and GB: closer bounds are not halved
GRID = 8 * LOAD_DENOMINATOR  # of the pressures asked for: they stay short fractions
EFFORT = 20.0  # CP-SAT's deterministic time per question: some seconds, the same everywhere

Limit = tuple[Fraction, Literal["optimum", "bound"]]  # a pressure


class _OutOfEffortError(Exception):
    """CP-SAT gave up on a question."""


def least_max_pressure(case: Case, effort: float = EFFORT) -> Limit:
    """The least pressure that the fullest GPU can have, or a bound where a question takes too long.

    Raises UsageError without ortools.
    """
    low, high = case.balanced_pressure, max_pressure(case.previous, case)
    try:
        while True:
            asked = _between(low, high)
            placed = placement_below(asked, case, effort)
            if placed is not None:
                high = max_pressure(placed, case)
            elif asked == high:
                return high, "optimum"
            else:
                low = asked
    except _OutOfEffortError:
        return low, "bound"


def max_pressure(gpu: np.ndarray, case: Case) -> Fraction:
    """The largest pressure of a placement that leaves memory on every GPU, exactly."""
    load = np.bincount(gpu, case.whole_load, case.num_gpus)
    free_gb = case.gpu_memory_gb - np.bincount(gpu, case.size_gb, case.num_gpus)
    return max(
        Fraction(int(w), LOAD_DENOMINATOR * int(f)) for w, f in zip(load, free_gb, strict=True)
    )


def _between(low: Fraction, high: Fraction) -> Fraction:
    """Halfway, or `high` itself where that is near."""
    return high if high - low < NEAR else Fraction(round((low + high) / 2 * GRID), GRID)


def placement_below(bound: Fraction, case: Case, effort: float = EFFORT) -> np.ndarray | None:
    """int64[models]: a placement with every pressure below `bound`, or None: there is none."""
    try:
        from ortools.sat.python import cp_model
    except ImportError as error:
        raise UsageError(
            "the optimum of this case is not known, and solving it needs the package ortools",
            "pip install 'adrs[solvers]'",
        ) from error
    per_load, per_gb = bound.denominator, bound.numerator * LOAD_DENOMINATOR
    weight = per_load * case.whole_load + per_gb * case.size_gb
    model = cp_model.CpModel()
    is_on = [[model.new_bool_var("") for _ in range(case.num_gpus)] for _ in weight]
    for row in is_on:
        model.add_exactly_one(row)
    for gpu in range(case.num_gpus):
        on_gpu = sum(int(w) * row[gpu] for w, row in zip(weight, is_on, strict=True))
        model.add(on_gpu <= per_gb * case.gpu_memory_gb - 1)
    for rank, item in enumerate(np.argsort(-weight, kind="stable")):
        for gpu in range(rank + 1, case.num_gpus):  # GPUs are alike: heavy models are on low ones
            model.add(is_on[item][gpu] == 0)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 0
    solver.parameters.max_deterministic_time = effort
    status = solver.solve(model)
    if status == cp_model.INFEASIBLE:
        return None
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        raise _OutOfEffortError
    return np.array([[solver.value(x) for x in row].index(1) for row in is_on])

"""How little pressure a given amount of moves can leave: exact, on the search cases.

    python -m tests.bench.headroom_model_placement      # four minutes on two cores; needs ortools

For every case the least largest pressure within each of some budgets of moved GB, by the questions
of `optimum` with the budget beside them. Then, at a price per share of the weights, every case has
what is best for it, and the means are printed: points that one policy could reach at once.
"""

from __future__ import annotations

import numpy as np
from ortools.sat.python import cp_model

from evaluators.problems.model_placement.instance import LOAD_DENOMINATOR, case_of
from evaluators.problems.model_placement.optimum import max_pressure
from evaluators.problems.model_placement.problem import ModelPlacement
from evaluators.problems.model_placement.simulator import log_pressure, moved_gb

SHARES = (0.03, 0.06, 0.09, 0.12, 0.15, 0.18, 0.21, 0.24, 0.27, 0.3, 0.34, 0.38)
PRICES = (0.25, 0.5, 1.0, 1.5, 2.0, 3.0)


def better_within(case, placed, most_gb):
    """A placement below the pressure of `placed` that moves at most `most_gb`, or None."""
    bound = max_pressure(placed, case)
    per_gb = bound.numerator * LOAD_DENOMINATOR
    weight = bound.denominator * case.whole_load + per_gb * case.size_gb
    model = cp_model.CpModel()
    on = [[model.new_bool_var("") for _ in range(case.num_gpus)] for _ in weight]
    for row, home in zip(on, case.previous, strict=True):
        model.add_exactly_one(row)
        model.add_hint(row[home], 1)
    for gpu in range(case.num_gpus):
        on_gpu = sum(int(w) * row[gpu] for w, row in zip(weight, on, strict=True))
        model.add(on_gpu <= per_gb * case.gpu_memory_gb - 1)
    homes = zip(case.size_gb, on, case.previous, strict=True)
    model.add(sum(int(size) * (1 - row[home]) for size, row, home in homes) <= most_gb)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    if solver.solve(model) == cp_model.INFEASIBLE:
        return None
    return np.array([[solver.value(x) for x in row].index(1) for row in on])


def points(case):
    """Log pressure and moved share of the best placement within every budget."""
    total_gb, placed, found = int(case.size_gb.sum()), case.previous, []
    for share in (0.0, *SHARES):
        while (better := better_within(case, placed, int(share * total_gb))) is not None:
            placed = better
        value = log_pressure(float(max_pressure(placed, case)), case)
        found.append((value, moved_gb(placed, case) / total_gb))
    return found


def main():
    every = [points(case_of(w.content)) for w in ModelPlacement().workloads("search")]
    for price in PRICES:
        best = [min(case, key=lambda p: p[0] + price * p[1]) for case in every]
        print(
            f"price {price}: max_pressure, moved_share", np.mean(best, axis=0).round(3), flush=True
        )


if __name__ == "__main__":
    main()

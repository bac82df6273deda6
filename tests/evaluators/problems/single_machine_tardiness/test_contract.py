"""`single_machine_tardiness` is a problem in every respect, and its limits hold."""

from __future__ import annotations

import dataclasses
from itertools import permutations
from pathlib import Path

import numpy as np

from evaluators.problems.single_machine_tardiness.problem import SingleMachineTardiness
from evaluators.problems.single_machine_tardiness.simulator import log_total
from evaluators.testing import ProblemContract

GOLDEN = Path(__file__).parents[3] / "golden" / "single_machine_tardiness.json"


class TestSingleMachineTardiness(ProblemContract):
    def problem(self):
        return SingleMachineTardiness()

    def relabel(self, problem, workload, actions, rng):
        """Jobs get other numbers."""
        old_number = rng.permutation(len(workload.content["due_date"]))
        content = {name: values[old_number] for name, values in workload.content.items()}
        renamed = [{"sequence": np.argsort(old_number)[a["sequence"]]} for a in actions]
        return dataclasses.replace(workload, content=content), renamed

    def invalid_actions(self, problem, workload):
        in_order = np.arange(len(workload.content["due_date"]))
        return {
            "a job left out": {"sequence": in_order[1:]},
            "a job twice": {"sequence": np.append(in_order[:-1], 0)},
            "a job more": {"sequence": np.append(in_order, 0)},
            "counted from the back": {"sequence": -1 - in_order},
            "counted from one": {"sequence": in_order + 1},
            "floats": {"sequence": in_order.astype(float)},
            "start times beside it": {"sequence": in_order, "start": in_order},
        }

    def best_by_brute_force(self, problem, workload):
        p, d = (workload.content[k] for k in ("processing_time", "due_date"))
        every = np.array(list(permutations(range(len(d)))))
        late = np.maximum(np.cumsum(p[every], axis=1) - d[every], 0)
        return {
            "log_total_tardiness": log_total(int(late.sum(axis=1).min()), p, d),
            "max_tardiness": float(late.max(axis=1).min() / p.sum()),
        }

    def golden(self):
        return GOLDEN

    def test_limits_of_tiny_instances_are_attained(self):
        problem = self.problem()
        for w in problem.workloads("tiny"):
            for name, value in self.best_by_brute_force(problem, w).items():
                bound = problem.limits(w)[name]
                assert (bound.kind, bound.value) == ("optimum", value)

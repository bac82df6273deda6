"""`model_placement` is a problem in every respect, and its limits hold."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from evaluators.problems.model_placement.instance import case_of
from evaluators.problems.model_placement.problem import ModelPlacement
from evaluators.problems.model_placement.simulator import measure
from evaluators.testing import ProblemContract
from tests.evaluators.problems.model_placement.cases import every_placement

GOLDEN = Path(__file__).parents[3] / "golden" / "model_placement.json"


class TestModelPlacement(ProblemContract):
    def problem(self):
        return ModelPlacement()

    def relabel(self, problem, workload, actions, rng):
        """Models and GPUs get other numbers."""
        case = case_of(workload.content)
        old_model, new_gpu = rng.permutation(case.num_models), rng.permutation(case.num_gpus)
        renamed = dataclasses.replace(
            case,
            size_gb=case.size_gb[old_model],
            request_rate=case.request_rate[old_model],
            slo_s=case.slo_s[old_model],
            previous=new_gpu[case.previous[old_model]],
        )
        answers = [{"gpu": new_gpu[a["gpu"][old_model]]} for a in actions]
        return dataclasses.replace(workload, content=renamed.content()), answers

    def invalid_actions(self, problem, workload):
        case = case_of(workload.content)
        gpu, one_more = case.previous.copy(), case.previous.copy()
        one_more[0] = case.num_gpus
        return {
            "more weights than memory": {"gpu": np.zeros_like(gpu)},
            "a GPU too many": {"gpu": one_more},
            "a GPU for every model": {"gpu": np.arange(case.num_models)},
            "no GPU": {"gpu": np.where(np.arange(case.num_models) == 0, -1, gpu)},
            "a model left out": {"gpu": gpu[1:]},
            "a model twice": {"gpu": np.append(gpu, gpu[0])},
            "floats": {"gpu": gpu.astype(float)},
            "sizes beside it": {"gpu": gpu, "size_gb": np.ones_like(gpu)},
            "models by GPU": {"gpu": {0: [0, 1]}},
        }

    def best_by_brute_force(self, problem, workload):
        case = case_of(workload.content)
        values = [measure(gpu, case).values for gpu in every_placement(case)]
        return {name: min(v[name] for v in values) for name in ("max_pressure", "moved_share")}

    def golden(self):
        return GOLDEN

    def test_limits_of_tiny_cases_are_attained(self):
        problem = self.problem()
        for w in problem.workloads("tiny"):
            for name, value in self.best_by_brute_force(problem, w).items():
                bound = problem.limits(w)[name]
                assert (bound.kind, bound.value) == ("optimum", pytest.approx(value, abs=1e-12))

"""`request_scheduling` keeps the contract of every problem."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from evaluators.contract import Action, Problem, Workload
from evaluators.problems.request_scheduling.problem import RequestScheduling
from evaluators.testing import ProblemContract

GOLDEN = Path(__file__).parents[3] / "golden/request_scheduling.json"


class TestRequestScheduling(ProblemContract):
    def problem(self) -> Problem:
        return RequestScheduling()

    def golden(self) -> Path | None:
        return GOLDEN

    def relabel(
        self,
        problem: Problem,
        workload: Workload,
        actions: Sequence[Action],
        rng: np.random.Generator,
    ) -> tuple[Workload, list[Action]]:
        """Tenants and service classes by other numbers; requests have no identifiers."""
        content: Mapping[str, np.ndarray] = workload.content
        tenants, classes = (int(content[k].max()) + 1 for k in ("tenant", "slo_class"))
        renamed = {
            **content,
            "tenant": rng.permutation(tenants)[content["tenant"]],
            "slo_class": rng.permutation(classes)[content["slo_class"]],
        }
        return dataclasses.replace(workload, content=renamed), list(actions)

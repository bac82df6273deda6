"""A problem with faults of its own, at the policy's choice."""

from __future__ import annotations

import os
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evaluators.contract import (
    Action,
    Bound,
    Measurements,
    Objective,
    Observation,
    Policy,
    Problem,
    Split,
    Workload,
)
from evaluators.signature import Scalar, Signature, Values


@dataclass(frozen=True)
class Parameters:
    """None."""


class FaultyProblem(Problem):
    """Choice 0 raises, 2 measures NaN, 3 prints."""

    name = "faulty"
    version = 1
    Parameters = Parameters
    statement = ""
    objectives = tuple(Objective(n, "1", "lower", "exact", 1.0, 1.0, 0.1) for n in ("a", "b"))

    def __init__(self, parameters: Any = None, workload_file: str | None = None) -> None:
        self.parameters = parameters or Parameters()
        self.signature = Signature("choose", (), (), (Scalar("choice", "int64"),))

    def workloads(self, split: Split) -> Sequence[Workload]:
        return [Workload(f"{split}-0", "f", f"{split}-0", {})]

    def given(self, workload: Workload) -> Values:
        return {}

    def episode(self, workload: Workload) -> Generator[Observation, Action, Measurements]:
        action = yield {}
        if action["choice"] == 3:
            print("noise")
            os.write(1, b"more noise\n")
        value = float("nan") if action["choice"] == 2 else 1.0 / action["choice"]
        return Measurements({"a": value, "b": value})

    def baselines(self) -> Mapping[str, Policy]:
        return {}

    def limits(self, workload: Workload) -> Mapping[str, Bound]:
        return {}

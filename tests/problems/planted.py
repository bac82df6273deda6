"""A problem whose truth is known: noise around the level that a policy answers."""

from __future__ import annotations

import os
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from evaluators.contract import (
    Action,
    Bound,
    Deadlines,
    Measurements,
    Objective,
    Observation,
    Policy,
    Problem,
    Split,
    Workload,
)
from evaluators.signature import Scalar, Signature, Values

SPLIT_NUMBERS: dict[Split, int] = {"search": 0, "selection": 1, "sealed": 2, "tiny": 3}
MOST_TAGS = 1_000
CPU = Objective("cpu", "ratio", "lower", "measured", reference=10, worst=1e3, resolution=0.01)
ANSWER = """
def decide():
    return {{"level": {level}, "tag": {tag}}}
"""


def answering(level: float, tag: int = 0) -> str:
    """A policy's source. Its true cost is its level, its true delay what is left to 1; policies of
    one level and different tags are equally good and meet different noise.
    """
    return ANSWER.format(level=level, tag=tag)


@dataclass(frozen=True)
class Parameters:
    """`draw` numbers the workloads' noise; without `steady` it is drawn anew in every episode;
    `timed` adds a measured objective.
    """

    clusters: int = 12
    noise: float = 0.1
    draw: int = 0
    steady: bool = True
    timed: bool = False


class PlantedProblem(Problem):
    """Exact: cost and delay, each with noise of workload, level and tag, uniform in +-`noise`."""

    name = "planted"
    version = 1
    Parameters = Parameters
    statement = "Answer a level in [0, 1] and a tag."
    reference_policy = "half"
    deadlines = Deadlines(load_s=1.0, call_s=0.25, episode_s=0.5, memory_mb=128)
    objectives = tuple(
        Objective(name, "1", "lower", "exact", reference=2.0, worst=3.0, resolution=1e-3)
        for name in ("cost", "delay")
    )

    def __init__(self, parameters: Any = None, workload_file: str | None = None) -> None:
        self.parameters = parameters or Parameters()
        if self.parameters.timed:
            self.objectives = (*self.objectives, CPU)
        self.signature = Signature(
            entry="decide",
            given=(),
            observation=(Scalar("step", "int64"),),
            action=(
                Scalar("level", "float64", low=0.0, high=1.0),
                Scalar("tag", "int64", low=0, high=MOST_TAGS),
            ),
        )

    def workloads(self, split: Split) -> Sequence[Workload]:
        return [self._workload(split, i) for i in range(self.parameters.clusters)]

    def _workload(self, split: Split, index: int) -> Workload:
        seed = np.array([SPLIT_NUMBERS[split], index, self.parameters.draw])
        name = f"{split}-{index}"
        return Workload(name, ("even", "odd")[index % 2], name, {"seed": seed})

    def given(self, workload: Workload) -> Values:
        return {}

    def episode(self, workload: Workload) -> Generator[Observation, Action, Measurements]:
        action = yield {"step": 0}
        level, tag = action["level"], action["tag"]
        seed = [*workload.content["seed"], round(level * 1e9), tag]
        rng = np.random.default_rng(
            seed if self.parameters.steady else int.from_bytes(os.urandom(8), "little")
        )
        noise = self.parameters.noise * (1 + rng.uniform(-1, 1, 2))
        return Measurements({"cost": level + noise[0], "delay": 1 - level + noise[1]})

    def baselines(self) -> Mapping[str, Policy]:
        levels = {"half": 0.5, "little": 0.25, "much": 0.75}
        return {name: Policy(name, answering(level)) for name, level in levels.items()}

    def limits(self, workload: Workload) -> Mapping[str, Bound]:
        return {o.name: Bound(0.0, "bound", "nothing is below zero") for o in self.objectives}

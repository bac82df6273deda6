"""A one-shot problem: put numbers into bins so that the bins' sums are even."""

from __future__ import annotations

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
from evaluators.errors import InvalidAction
from evaluators.signature import Array, Scalar, Signature, Values

MOST_ITEMS = 64
SIZES: dict[Split, int] = {"search": 4, "selection": 4, "sealed": 4, "tiny": 2}

STAY = """
def assign(previous):
    return previous
"""
LARGEST_FIRST = """
import numpy as np

def assign(weight, bins):
    sums = [0.0] * bins
    answer = np.zeros(len(weight), dtype=np.int64)
    for item in sorted(range(len(weight)), key=lambda i: -weight[i]):
        lightest = min(range(bins), key=lambda b: sums[b])
        answer[item] = lightest
        sums[lightest] += weight[item]
    return answer
"""
ROUND_ROBIN = """
import numpy as np

def assign(weight, bins):
    return np.arange(len(weight)) % bins
"""


@dataclass(frozen=True)
class Parameters:
    """Shapes of every instance; items >= bins."""

    items: int = 24
    bins: int = 4


class SumProblem(Problem):
    """Exact: evenness of the bins' sums (mean over max) and the share of items moved."""

    name = "sum"
    version = 1
    Parameters = Parameters
    statement = "Put weighted items into bins, evenly, moving few. No bin may stay empty."
    deadlines = Deadlines(load_s=1.0, call_s=0.25, episode_s=0.5, memory_mb=128)
    objectives = (
        Objective("evenness", "1", "higher", "exact", reference=0.2, worst=0.0, resolution=1e-4),
        Objective("moved", "1", "lower", "exact", reference=1.0, worst=1.0, resolution=1e-4),
    )

    def __init__(self, parameters: Any = None, workload_file: str | None = None) -> None:
        self.parameters = parameters or Parameters()
        self.signature = Signature(
            entry="assign",
            given=(Scalar("bins", "int64", low=1),),
            observation=(
                Array("weight", "float64", ("items",), low=0.0),
                Array("previous", "int64", ("items",), index_of="bins"),
            ),
            action=(Array("bin_of", "int64", ("items",), index_of="bins"),),
            maxima={"items": MOST_ITEMS},
        )

    def workloads(self, split: Split) -> Sequence[Workload]:
        return [self._workload(split, i) for i in range(SIZES[split])]

    def _workload(self, split: Split, index: int) -> Workload:
        salt = self.salt.encode() if split == "sealed" else b""
        rng = np.random.default_rng([100 + sorted(SIZES).index(split), index, *salt])
        family = ("uniform", "skewed")[index % 2]
        items, bins = self.parameters.items, self.parameters.bins
        weight = rng.uniform(1.0, 2.0, items) if family == "uniform" else rng.pareto(2.0, items)
        previous = np.concatenate([np.arange(bins), rng.integers(0, bins, items - bins)])
        content = {"weight": weight, "previous": previous}
        return Workload(f"{split}-{index}", family, f"{split}-{index}", content)

    def given(self, workload: Workload) -> Values:
        return {"bins": self.parameters.bins}

    def episode(self, workload: Workload) -> Generator[Observation, Action, Measurements]:
        action = yield dict(workload.content)
        sums = np.bincount(action["bin_of"], workload.content["weight"], self.parameters.bins)
        if sums.min() <= 0:
            raise InvalidAction(f"bin {int(sums.argmin())} is empty, every bin needs an item")
        moved = action["bin_of"] != workload.content["previous"]
        return Measurements(
            {"evenness": float(sums.mean() / sums.max()), "moved": float(moved.mean())}
        )

    def baselines(self) -> Mapping[str, Policy]:
        sources = {"largest_first": LARGEST_FIRST, "round_robin": ROUND_ROBIN, "stay": STAY}
        return {name: Policy(name, source) for name, source in sources.items()}

    def limits(self, workload: Workload) -> Mapping[str, Bound]:
        weight = workload.content["weight"]
        mean = weight.sum() / self.parameters.bins
        best = float(mean / max(mean, weight.max()))
        return {
            "evenness": Bound(best, "bound", "the fullest bin has the mean and the largest item"),
            "moved": Bound(0.0, "optimum", "moving nothing is allowed"),
        }

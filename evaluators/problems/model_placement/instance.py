"""One case: the models, the GPUs that hold them, and where each model is now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import Any

import numpy as np

# Every SLO divides it, so that loads times it are whole numbers and pressures exact fractions.
LOAD_DENOMINATOR = 2520
LONGEST_SLO_S = 10  # 2520 is the least common multiple of 1..10


@dataclass(frozen=True, slots=True)
class Case:
    """Models to be placed on equal GPUs."""

    size_gb: np.ndarray  # int64[models], of the weights
    request_rate: np.ndarray  # int64[models], req/s, at least 1
    slo_s: np.ndarray  # int64[models], s, 1..10
    previous: np.ndarray  # int64[models], the GPU that holds the model now
    num_gpus: int
    gpu_memory_gb: int

    @property
    def num_models(self) -> int:
        """Models that are served."""
        return len(self.size_gb)

    @property
    def load(self) -> np.ndarray:
        """float64[models], req/s per second of SLO: what a model weighs on its GPU."""
        return np.asarray(self.request_rate / self.slo_s)

    @property
    def whole_load(self) -> np.ndarray:
        """int64[models]: the load times LOAD_DENOMINATOR, exactly."""
        return np.asarray(self.request_rate * (LOAD_DENOMINATOR // self.slo_s))

    @property
    def free_gb(self) -> int:
        """Memory of all GPUs together that no weights take."""
        return int(self.num_gpus * self.gpu_memory_gb - self.size_gb.sum())

    @property
    def balanced_pressure(self) -> Fraction:
        """All load over all free memory: no placement has a lower largest pressure, and only one
        in which all GPUs have the same attains it.
        """
        return Fraction(int(self.whole_load.sum()), LOAD_DENOMINATOR * self.free_gb)

    def content(self) -> dict[str, np.ndarray]:
        """As a workload holds it: read-only arrays by field name."""
        arrays = {f.name: np.array(getattr(self, f.name)) for f in fields(self)}
        for array in arrays.values():
            array.setflags(write=False)
        return arrays


def case_of(content: Mapping[str, np.ndarray]) -> Case:
    """The case that a workload's content holds."""
    arrays = {f.name: content[f.name] for f in fields(Case)}
    plain: dict[str, Any] = {name: a.item() if a.ndim == 0 else a for name, a in arrays.items()}
    return Case(**plain)

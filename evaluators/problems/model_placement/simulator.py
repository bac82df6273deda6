"""How much KV cache pressure a placement puts on the GPUs, and what it moves.

A GPU keeps the weights of its models and shares what is left of its memory among their KV caches.
Its pressure (KVPR in PRISM) is the sum of request rate over SLO of its models, over that free
memory. Sizes, rates and SLOs are the problem's own: a placement holds GPU numbers and nothing else.
"""

from __future__ import annotations

import math

import numpy as np

from evaluators.contract import Measurements, Observation
from evaluators.errors import InvalidAction
from evaluators.problems.model_placement.instance import Case

FULL_PRESSURE = 1e6  # of a GPU whose weights leave nothing, as the public evaluator charges it


def pressure(gpu: np.ndarray, case: Case) -> np.ndarray:
    """float64[num_gpus], req/s per s of SLO and GB: of each GPU; FULL_PRESSURE where it is full.

    Args:
        gpu: int64[models], 0 <= gpu < num_gpus, the GPU that holds each model.
        case: what is placed.

    Raises:
        InvalidAction: the weights on a GPU are more than its memory.
    """
    used_gb = np.bincount(gpu, case.size_gb, case.num_gpus)
    free_gb = case.gpu_memory_gb - used_gb
    fullest = int(free_gb.argmin())
    if free_gb[fullest] < 0:
        raise InvalidAction(
            f"GPU {fullest} is given {used_gb[fullest]:.0f} GB of weights"
            f" (models {np.flatnonzero(gpu == fullest).tolist()}), it has {case.gpu_memory_gb} GB"
        )
    load = np.bincount(gpu, case.load, case.num_gpus)
    return np.where(free_gb > 0, load / np.maximum(free_gb, 1), FULL_PRESSURE)


def moved_gb(gpu: np.ndarray, case: Case) -> int:
    """Weights of the models that are on another GPU than before."""
    return int(case.size_gb[gpu != case.previous].sum())


def log_pressure(value: float, case: Case) -> float:
    """The natural logarithm of a pressure over that of a balanced placement."""
    return math.log(value / case.balanced_pressure)


def measure(gpu: np.ndarray, case: Case) -> Measurements:
    """Objectives and breakdown of a placement, int64[models]. Raises InvalidAction."""
    highest, moved = float(pressure(gpu, case).max()), moved_gb(gpu, case)
    return Measurements(
        {
            "max_pressure": log_pressure(highest, case),
            "moved_share": moved / int(case.size_gb.sum()),
        },
        {
            "kvpr": highest,
            "moved_gb": float(moved),
            "moved_models": float(np.count_nonzero(gpu != case.previous)),
        },
    )


def observation_of(case: Case) -> Observation:
    """What a policy is shown: copies, so that it may write to them."""
    return {
        "num_gpus": case.num_gpus,
        "gpu_memory_gb": case.gpu_memory_gb,
        "size_gb": case.size_gb.copy(),
        "request_rate": case.request_rate.copy(),
        "slo_s": case.slo_s.copy(),
        "previous": case.previous.copy(),
    }

"""What no placement can beat."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from evaluators.contract import Bound
from evaluators.problems.expert_placement.shape import Shape
from evaluators.problems.expert_placement.simulator import intervals

BALANCEDNESS_PROOF = (
    "the busiest GPU bears at least the mean load, and at least the largest expert's load divided"
    " by min(R - E + 1, G): no expert has more than R - E + 1 slots or lies on more than G GPUs"
)
MOVED_SHARE_PROOF = "a placement that is never changed moves nothing"


def limits(
    load: np.ndarray, shape: Shape, history_windows: int, interval_windows: int
) -> Mapping[str, Bound]:
    """Proved limits of the exact objectives; the measured one has none above zero.

    Args:
        load: float64[windows, layers, experts], tokens per window.
        shape: the deployment.
        history_windows: how many windows a policy sees.
        interval_windows: how many windows lie between two decisions.
    """
    best = [
        float(balancedness_bound(coming, shape).mean())
        for _, coming in intervals(load, history_windows, interval_windows)
    ]
    return {
        "balancedness": Bound(float(np.mean(best)), "bound", BALANCEDNESS_PROOF),
        "moved_share": Bound(0.0, "optimum", MOVED_SHARE_PROOF),
        "decision_cpu": Bound(0.0, "bound", "time is not negative"),
    }


def balancedness_bound(load: np.ndarray, shape: Shape) -> np.ndarray:
    """float64[layers]: at least the balancedness of any valid placement for this load.

    Args:
        load: float64[layers, experts], tokens of one interval.
        shape: the deployment.
    """
    most_gpus = min(shape.num_replicas - shape.num_experts + 1, shape.num_gpus)
    mean = load.sum(axis=1) / shape.num_gpus
    busiest = np.maximum(mean, load.max(axis=1) / most_gpus)
    idle = busiest == 0
    return np.where(idle, 1.0, mean / np.where(idle, 1.0, busiest))

"""Plays a sequence of rebalancing decisions, and what a placement costs.

Model: the tokens of an expert split evenly over its slots, and a layer is done when its busiest
GPU is done, so mean over maximum GPU load is the share of the GPUs' time that is not spent
waiting. Everything is derived from the validated placement and our own load; nothing that a
policy could report enters. README.md states what the model leaves out.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator

import numpy as np

from evaluators.contract import Action, Measurements, Observation
from evaluators.errors import InvalidAction
from evaluators.problems.expert_placement.shape import Shape

EMPTY = -1  # what a slot holds before the first decision


def intervals(
    load: np.ndarray, history_windows: int, interval_windows: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The windows before each decision and the total load of the interval after it.

    Args:
        load: float64[windows, layers, experts], tokens per window.
        history_windows: how many windows a policy sees.
        interval_windows: how many windows lie between two decisions.

    Yields:
        float64[history_windows, layers, experts] and float64[layers, experts], both tokens.
    """
    for now in range(history_windows, len(load) - interval_windows + 1, interval_windows):
        yield load[now - history_windows : now], load[now : now + interval_windows].sum(axis=0)


def replica_counts(placement: np.ndarray, num_experts: int) -> np.ndarray:
    """int64[layers, experts]: how many slots every expert has.

    Args:
        placement: int64[layers, slots], the expert in every slot.
        num_experts: experts of a layer.
    """
    num_layers = len(placement)
    flat = placement + num_experts * np.arange(num_layers)[:, None]
    counts = np.bincount(flat.ravel(), minlength=num_layers * num_experts)
    return counts.reshape(num_layers, num_experts)


def check_placement(placement: np.ndarray, num_experts: int) -> None:
    """Raises InvalidAction when an index is out of range or an expert has no slot."""
    if placement.min() < 0 or placement.max() >= num_experts:
        raise InvalidAction(
            f"the placement has experts {placement.min()}..{placement.max()},"
            f" expected 0..{num_experts - 1}"
        )
    missing = replica_counts(placement, num_experts) == 0
    if missing.any():
        layer = int(missing.any(axis=1).argmax())
        experts = np.flatnonzero(missing[layer])
        shown = ", ".join(map(str, experts[:8])) + (", ..." if len(experts) > 8 else "")
        raise InvalidAction(
            f"layer {layer}: {len(experts)} experts have no slot ({shown});"
            " every expert needs at least one slot in every layer"
        )


def gpu_loads(placement: np.ndarray, load: np.ndarray, num_gpus: int) -> np.ndarray:
    """float64[layers, gpus], tokens: every expert's load split evenly over its slots.

    Args:
        placement: int64[layers, slots], valid.
        load: float64[layers, experts], tokens.
        num_gpus: GPUs, each with an equal block of consecutive slots.
    """
    share = load / replica_counts(placement, load.shape[1])
    slot_load = np.take_along_axis(share, placement, axis=1)
    gpu_load: np.ndarray = slot_load.reshape(len(placement), num_gpus, -1).sum(axis=2)
    return gpu_load


def balancedness(gpu_load: np.ndarray) -> np.ndarray:
    """float64[layers]: mean over maximum GPU load; 1 where a layer has no load at all."""
    busiest = gpu_load.max(axis=1)
    idle = busiest == 0
    return np.where(idle, 1.0, gpu_load.mean(axis=1) / np.where(idle, 1.0, busiest))


def moved_slots(previous: np.ndarray, placement: np.ndarray, shape: Shape) -> int:
    """How many slots receive an expert that their GPU did not hold in that number before.

    Per GPU and layer this is the multiset difference, so the order of the slots within a GPU is
    free. Nothing is moved onto empty slots: the weights have to be loaded anyway.
    """
    if (previous == EMPTY).all():
        return 0
    gained = _held(placement, shape) - _held(previous, shape)
    return int(gained[gained > 0].sum())


def _held(placement: np.ndarray, shape: Shape) -> np.ndarray:
    """int64[layers * gpus, experts]: how often a GPU holds an expert."""
    return replica_counts(placement.reshape(-1, shape.slots_per_gpu), shape.num_experts)


def rebalancing_episode(
    load: np.ndarray, shape: Shape, history_windows: int, interval_windows: int
) -> Generator[Observation, Action, Measurements]:
    """Ask for a placement before every interval and judge it on the load of that interval.

    Raises InvalidAction for a placement that leaves out an expert.
    """
    placement = np.full((load.shape[1], shape.num_replicas), EMPTY, dtype=np.int64)
    balance: list[float] = []
    moved: list[float] = []
    for history, coming in intervals(load, history_windows, interval_windows):
        # copies: a policy that writes into its arguments must not touch the future or its past
        action = yield {"load": history.copy(), "previous": placement.copy()}
        chosen = np.array(action["placement"], dtype=np.int64)
        check_placement(chosen, shape.num_experts)
        balance.append(float(balancedness(gpu_loads(chosen, coming, shape.num_gpus)).mean()))
        moved.append(moved_slots(placement, chosen, shape) / placement.size)
        placement = chosen
    values = {
        "balancedness": float(np.mean(balance)),
        "moved_share": float(np.mean(moved[1:])) if moved[1:] else 0.0,
    }
    breakdown = {
        "worst_interval_balancedness": min(balance),
        "last_interval_balancedness": balance[-1],
        "decisions": float(len(balance)),
    }
    return Measurements(values, breakdown)

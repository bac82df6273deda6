"""PRISM's greedy placement, which past placements of drawn cases come from.

The heaviest model first (rate over SLO) to the GPU of the lowest pressure so far that has room:
algorithm 1 of PRISM without its threshold, as the public benchmark states it.
"""

from __future__ import annotations

import numpy as np


def greedy_placement(
    size_gb: np.ndarray, load: np.ndarray, num_gpus: int, gpu_memory_gb: int
) -> np.ndarray | None:
    """int64[models], or None where a model fits on no GPU or a GPU is full to the last GB.

    Args:
        size_gb: int64[models].
        load: float64[models], request rate over SLO.
        num_gpus: how many GPUs there are.
        gpu_memory_gb: memory of each.
    """
    free_gb, on_gpu = np.full(num_gpus, gpu_memory_gb), np.zeros(num_gpus)
    placed = np.empty(len(load), dtype=np.int64)
    for model in np.argsort(-load, kind="stable"):
        so_far = np.where(size_gb[model] <= free_gb, on_gpu / np.maximum(free_gb, 1), np.inf)
        gpu = int(so_far.argmin())
        if not np.isfinite(so_far[gpu]):
            return None
        placed[model] = gpu
        on_gpu[gpu] += load[model]
        free_gb[gpu] -= size_gb[model]
    return placed if free_gb.min() > 0 else None

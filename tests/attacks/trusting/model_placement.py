"""Models by what the placement lists, with arrays that the policy could write to.

The published evaluators take the GPUs that a placement names and the models on them, with the
sizes, rates and SLOs that those models have by then; a fork never asks whether they fit.
"""

from __future__ import annotations

import numpy as np


def scorer(problem, workload, ask):
    given = {name: np.array(values) for name, values in workload.content.items()}
    given |= {name: given[name].item() for name in ("num_gpus", "gpu_memory_gb")}
    told = ask(given)
    gpu = np.array(told["gpu"])
    size_gb, memory_gb = (told.get(k, given[k]) for k in ("size_gb", "gpu_memory_gb"))
    listed = [np.flatnonzero(gpu == name) for name in np.unique(gpu[gpu >= 0])]
    highest = max(
        (given["request_rate"][on] / given["slo_s"][on]).sum() / (memory_gb - size_gb[on].sum())
        for on in listed
    )
    moved = gpu != given["previous"][: len(gpu)]
    measured = {
        "max_pressure": float(np.log(max(highest, 1e-9))),
        "moved_share": float(size_gb[: len(gpu)][moved].sum() / size_gb.sum()),
    }
    return measured, [dict(told)]

"""Expert placement by what the policy reports: counts and slots, windows that are views.

The published evaluators divide by reported counts, add to `load[slots] += share` once per
distinct slot, pass over experts without slots, and read the placement more than once.
"""

from __future__ import annotations

import numpy as np

from evaluators.problems.expert_placement.simulator import EMPTY, balancedness, intervals


def scorer(problem, workload, ask):
    load, gpus = workload.content["load"].copy(), problem.given(workload)["num_gpus"]
    slots = problem.given(workload)["num_replicas"]
    previous = np.full((load.shape[1], slots), EMPTY)
    balance, moved, used = [], [], []
    p = problem.parameters
    for history, coming in intervals(load, p.history_windows, p.interval_windows):
        told = ask({"load": history, "previous": previous})
        placement = np.array(told["placement"])
        used.append(dict(told) | {"placement": placement})
        slot_load = np.array([
            reported_load(row, tokens, {k: v[layer] for k, v in told.items() if k != "placement"})
            for layer, (row, tokens) in enumerate(zip(placement, coming, strict=True))
        ])  # fmt: skip
        gpu_load = slot_load.reshape(len(placement), gpus, -1).sum(axis=2)
        balance.append(float(balancedness(gpu_load).mean()))
        again = np.array(told["placement"])
        moved.append(float((again != previous).mean()))
        previous = again
    return {"balancedness": np.mean(balance), "moved_share": np.mean(moved[1:])}, used


def reported_load(placement, tokens, reported):
    slot_load = np.zeros(len(placement))
    for expert, total in enumerate(tokens):
        own = np.flatnonzero(placement == expert)
        count = reported.get("replica_counts", {expert: len(own)})[expert]
        listed = reported.get("slots_of_expert", {expert: own})[expert]
        if len(own):
            slot_load[listed] += total / (count if "replica_counts" in reported else len(listed))
    return slot_load

"""`expert_placement` is a problem in every respect, and its limits hold against all placements."""

from __future__ import annotations

import dataclasses
from itertools import product
from pathlib import Path

import numpy as np

from evaluators.problems.expert_placement.problem import ExpertPlacement
from evaluators.problems.expert_placement.shape import Shape
from evaluators.problems.expert_placement.simulator import balancedness, gpu_loads, intervals
from evaluators.testing import ProblemContract

GOLDEN = Path(__file__).parents[3] / "golden" / "expert_placement.json"


class TestExpertPlacement(ProblemContract):
    def problem(self):
        return ExpertPlacement()

    def relabel(self, problem, workload, actions, rng):
        """Experts get other numbers, in every layer other ones."""
        load = workload.content["load"]
        new_number = rng.permuted(np.tile(np.arange(load.shape[2]), (load.shape[1], 1)), axis=1)
        relabelled = np.empty_like(load)
        np.put_along_axis(relabelled, np.broadcast_to(new_number, load.shape), load, axis=2)
        content = {**workload.content, "load": relabelled}
        renamed = [
            {"placement": np.take_along_axis(new_number, a["placement"], axis=1)} for a in actions
        ]
        return dataclasses.replace(workload, content=content), renamed

    def invalid_actions(self, problem, workload):
        shape = Shape(*workload.content["shape"])
        layers = workload.content["load"].shape[1]
        valid = np.tile(np.arange(shape.num_replicas) % shape.num_experts, (layers, 1))
        last = shape.num_experts - 1
        dropped = np.where(valid == last, 0, valid)
        in_one_layer = valid.copy()
        in_one_layer[1] = dropped[1]
        return {
            "an expert dropped": {"placement": dropped},
            "an expert dropped in one layer": {"placement": in_one_layer},
            "every slot the same": {"placement": np.zeros_like(valid)},
            "beyond the last expert": {"placement": valid + 1},
            "empty slots": {"placement": np.full_like(valid, -1)},
            "floats": {"placement": valid.astype(float)},
            "one layer too few": {"placement": valid[1:]},
            "a slot too many": {"placement": np.pad(valid, ((0, 0), (0, 1)))},
            "the triple of the public interface": {"placement": (valid, valid, valid)},
        }

    def best_by_brute_force(self, problem, workload):
        shape = Shape(*workload.content["shape"])
        every = every_placement(shape)
        p = problem.parameters
        coming = [
            after
            for _, after in intervals(
                workload.content["load"], p.history_windows, p.interval_windows
            )
        ]
        best = [
            balancedness(gpu_loads(every, np.tile(layer, (len(every), 1)), shape.num_gpus)).max()
            for after in coming
            for layer in after
        ]
        return {"balancedness": float(np.mean(best)), "moved_share": 0.0}

    def golden(self):
        return GOLDEN


def every_placement(shape):
    """int64[placements, slots]: all in which no expert is missing."""
    slots = np.array(list(product(range(shape.num_experts), repeat=shape.num_replicas)))
    distinct = (np.diff(np.sort(slots, axis=1), axis=1) > 0).sum(axis=1) + 1
    return slots[distinct == shape.num_experts]

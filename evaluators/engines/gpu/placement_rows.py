"""The layers of published policies' placements, timed: a row for every policy, decision and layer.

Workloads are drawn for this alone: no split of the problem has them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np

from evaluators.contract import Workload
from evaluators.engines.gpu.device import Device
from evaluators.engines.gpu.expert_layer import ExpertLayer
from evaluators.playing import play
from evaluators.problems.expert_placement.on_device import deployment_of, even, sizes_of
from evaluators.problems.expert_placement.problem import ExpertPlacement, shape_of
from evaluators.problems.expert_placement.shape import PlacementParameters, Shape
from evaluators.problems.expert_placement.simulator import balancedness, gpu_loads, intervals
from evaluators.problems.expert_placement.workloads import make_workloads
from evaluators.seeding import seeded

Row = dict[str, Any]


def drawn(parameters: PlacementParameters, copy: int) -> tuple[Workload, ...]:
    """Every family on every deployment, each a cluster of its own."""
    made = make_workloads("search", parameters, f"measured on a device {copy}")
    return tuple(replace(w, cluster=f"{w.cluster}|{copy}") for w in made)


class Bench:
    """The layers of every deployment on a device, kept from workload to workload."""

    def __init__(self, device: Device, parameters: PlacementParameters) -> None:
        self._device = device
        self._parameters = parameters
        self._problem = ExpertPlacement(parameters)
        self._layers: dict[tuple[Shape, int], ExpertLayer] = {}

    def gemm_names(self) -> list[str]:
        """How the experts' products were taken."""
        return sorted({layer.experts.gemm_name for layer in self._layers.values()})

    def rows(self, workload: Workload, tokens_per_gpu: int, decisions: int) -> list[Row]:
        """One for every policy, timed decision and timed layer."""
        p = self._parameters
        placements = {
            name: [np.array(a["placement"]) for a in play(self._problem, workload, policy)[1]]
            for name, policy in self._problem.baselines().items()
        }
        load = workload.content["load"]
        coming = [after for _, after in intervals(load, p.history_windows, p.interval_windows)]
        chosen = product(even(len(coming), decisions), even(load.shape[1], p.timed_layers))
        return [
            {**self._about(workload, tokens_per_gpu, decision, layer), **row}
            for decision, layer in chosen
            for row in self._timed(
                workload, tokens_per_gpu, coming[decision][layer],
                {name: found[decision][layer] for name, found in placements.items()},
                f"{decision}|{layer}",
            )
        ]  # fmt: skip

    def _about(self, workload: Workload, tokens: int, decision: int, layer: int) -> Row:
        return {
            "workload": workload.cluster, "family": workload.family,
            "experts": shape_of(workload).num_experts, "tokens_per_gpu": tokens,
            "decision": decision, "layer": layer,
        }  # fmt: skip

    def _timed(
        self,
        workload: Workload,
        tokens: int,
        load: np.ndarray,
        placements: Mapping[str, np.ndarray],
        place: str,
    ) -> Iterator[Row]:
        shape = shape_of(workload)
        rng = seeded("measured on a device", workload.cluster, place)
        found = self._layer(shape, tokens).measure(
            placements, load, rng, self._parameters.timed_rounds
        )
        for name, t in found.items():
            simulated = balancedness(gpu_loads(placements[name][None], load[None], shape.num_gpus))
            yield {
                "policy": name, "balancedness": float(simulated[0]), "layer_ms": t.total_ms,
                "slowest_gpu_ms": max(t.ranks_ms), "mean_gpu_ms": float(np.mean(t.ranks_ms)),
                "exchange_ms": t.exchange_ms, "most_copies": max(t.copies), "drift": t.drift,
            }  # fmt: skip

    def _layer(self, shape: Shape, tokens: int) -> ExpertLayer:
        if (shape, tokens) not in self._layers:
            sizes = sizes_of(shape, replace(self._parameters, tokens_per_gpu=tokens))
            self._layers[shape, tokens] = ExpertLayer(
                self._device, sizes, deployment_of(shape, tokens)
            )
        return self._layers[shape, tokens]

"""The problem with the time of its layers measured on a device in the place of balancedness.

Everything else is the simulator's: the questions, what is refused, what is moved. After an answer
was accepted, some layers of it, drawn anew, are timed under the load of the coming interval, and
the mean of their times counts. All policies meet the same tokens, in the same layers. README.md
says what is measured.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import fields, replace
from functools import cached_property

import numpy as np

from evaluators.contract import (
    Action,
    Bound,
    Measurements,
    Objective,
    Observation,
    Problem,
    Split,
    Workload,
)
from evaluators.engines.gpu.device import Device, open_device
from evaluators.engines.gpu.drift import DRIFT
from evaluators.engines.gpu.expert_ffn import ALIGNED, ExpertSizes
from evaluators.engines.gpu.expert_layer import Deployment, ExpertLayer, LayerTime
from evaluators.errors import UsageError
from evaluators.problems.expert_placement.problem import OBJECTIVES, ExpertPlacement, shape_of
from evaluators.problems.expert_placement.settings import Changes
from evaluators.problems.expert_placement.shape import MODELS, PlacementParameters, Shape
from evaluators.problems.expert_placement.simulator import intervals
from evaluators.resources import statement
from evaluators.seeding import seeded

SPLITS_OF_RUNS: tuple[Split, ...] = ("search", "selection", "sealed")

LAYER_TIME = Objective(
    "layer_time", "ms", "lower", "measured",
    reference=100.0,  # no box is made of it: it has no limit that is the same on every device
    worst=1000.0,
    resolution=0.01,
    doc="mean over timed layers and intervals of the slowest GPU's expert GEMMs, measured, and the"
    " exchange of tokens, modelled",
)  # fmt: skip


class PlacementOnDevice(ExpertPlacement):
    """`ExpertPlacement` whose layers are timed."""

    version = ExpertPlacement.version + 1  # 1 timed the same layers in every interval
    objectives = (LAYER_TIME, *(o for o in OBJECTIVES if o.name != "balancedness"))

    def __init__(
        self, parameters: PlacementParameters, workload_file: str | None, device: str
    ) -> None:
        super().__init__(parameters, workload_file)
        self._simulated = ExpertPlacement(parameters, workload_file)
        self.device = device
        self.statement = f"{self.statement}\n{statement('expert_placement_on_device')}"
        self._layers: dict[Shape, ExpertLayer] = {}
        for split in SPLITS_OF_RUNS:
            for workload in self.workloads(split):
                sizes_of(shape_of(workload), self.parameters)

    @property
    def simulated(self) -> Problem:
        self._simulated.salt = self.salt
        return self._simulated

    def prepare(self) -> str:
        return self._device.facts

    @cached_property
    def _device(self) -> Device:
        """Open from its first use on, in one process at a time."""
        return open_device(self.device)

    def close(self) -> None:
        """Let others have the device."""
        self._device.close()

    def limits(self, workload: Workload) -> Mapping[str, Bound]:
        simulated = super().limits(workload)
        kept = {k: v for k, v in simulated.items() if k != "balancedness"}
        return {LAYER_TIME.name: Bound(0.0, "bound", "time is not negative"), **kept}

    def _fits(self, changes: Changes) -> bool:
        """As of the simulator, where the sizes of the experts are known too."""
        try:
            changed = replace(self.parameters, **changes)
            return super()._fits(changes) and bool(
                PlacementOnDevice(changed, self._file, self.device)
            )
        except (ValueError, UsageError):
            return False

    def references(self, workload: Workload) -> Mapping[str, Measurements]:
        """None: what is shown beside a front is not worth the device's time."""
        return {}

    def episode(self, workload: Workload) -> Generator[Observation, Action, Measurements]:
        """The simulator's, and after each accepted answer its layers are timed."""
        load, shape, *windows = self._instance(workload)
        simulated = super().episode(workload)
        coming = (after for _, after in intervals(load, *windows))
        salt = self.salt if workload.id in {w.id for w in self.workloads("sealed")} else ""
        times: list[LayerTime] = []
        observation = next(simulated)
        while True:
            action = yield observation
            answer = _sent(simulated, action)
            rng = seeded("expert_placement on a device", workload.id, str(len(times)), salt)
            placement = np.array(action["placement"], dtype=np.int64)
            times += self._timed(shape, placement, next(coming), rng)
            if isinstance(answer, Measurements):
                return self._measured(answer, times)
            observation = answer

    def _timed(
        self, shape: Shape, placement: np.ndarray, load: np.ndarray, rng: np.random.Generator
    ) -> list[LayerTime]:
        """Of layers drawn for this interval, the same for every policy."""
        layer, rounds = self._layer(shape), self.parameters.timed_rounds
        chosen = rng.permutation(len(load))[: self.parameters.timed_layers]
        return [layer.measure({"": placement[i]}, load[i], rng, rounds)[""] for i in chosen]

    def _layer(self, shape: Shape) -> ExpertLayer:
        if shape not in self._layers:
            sizes = sizes_of(shape, self.parameters)
            deployment = deployment_of(shape, self.parameters.tokens_per_gpu)
            self._layers[shape] = ExpertLayer(self._device, sizes, deployment)
        return self._layers[shape]

    def _measured(self, simulation: Measurements, times: Sequence[LayerTime]) -> Measurements:
        layer_time = float(np.mean([t.total_ms for t in times]))
        values = {**simulation.values, LAYER_TIME.name: layer_time}
        breakdown = {
            **simulation.breakdown,
            "balancedness": values.pop("balancedness"),
            "slowest_gpu_ms": float(np.mean([max(t.ranks_ms) for t in times])),
            "mean_gpu_ms": float(np.mean([t.ranks_ms for t in times])),
            "exchange_ms": float(np.mean([t.exchange_ms for t in times])),
            DRIFT: max(t.drift for t in times),
            **self._device.conditions().known(),
        }
        return Measurements(values, breakdown)


def _sent(
    episode: Generator[Observation, Action, Measurements], action: Action
) -> Observation | Measurements:
    """What an episode says to an action: what it shows next, or what it came to."""
    try:
        return episode.send(action)
    except StopIteration as end:
        measurements: Measurements = end.value
        return measurements


def even(number: int, most: int) -> list[int]:
    """At most `most` of the indices below `number`, at even distances."""
    return sorted(set(np.linspace(0, number - 1, min(most, number)).astype(int).tolist()))


def sizes_of(shape: Shape, parameters: PlacementParameters) -> ExpertSizes:
    """Of the known model with as many experts, or as set by the user. Raises UsageError."""
    names = [f.name for f in fields(ExpertSizes)]
    model = next((m for m in MODELS if m.shape.num_experts == shape.num_experts), None)
    sizes = {n: getattr(parameters, n) or (getattr(model, n) if model else 0) for n in names}
    missing = [n for n, size in sizes.items() if not size]
    if missing:
        raise UsageError(
            f"no known model has {shape.num_experts} experts: their sizes are missing",
            " ".join(["add", *(f"--param {n}=N" for n in missing)]),
        )
    for name in ("hidden_size", "intermediate_size"):
        if sizes[name] % ALIGNED:
            raise UsageError(
                f"{name}={sizes[name]} is no multiple of {ALIGNED}", "grouped GEMMs need one"
            )
    if sizes["top_k"] > shape.num_experts:
        raise UsageError(
            f"top_k={sizes['top_k']} of {shape.num_experts} experts", "expected no more"
        )
    return ExpertSizes(**sizes)


def deployment_of(shape: Shape, tokens_per_gpu: int) -> Deployment:
    """A shape as the layer's engine has it."""
    return Deployment(
        shape.num_experts, shape.num_replicas, shape.num_gpus, shape.num_nodes, tokens_per_gpu
    )

"""The problem played in real time by a serving engine on a device.

Workloads, questions, answers and measurements are the simulator's; iterations are computed by a
decoder with random weights, arrivals are waited for, and the time that a policy takes passes too.
README.md says what is measured, `docs/gpu.md` how.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median

import numpy as np

from evaluators.contract import (
    Action,
    Bound,
    Measurements,
    Observation,
    Problem,
    Split,
    Workload,
)
from evaluators.engines.cost_model import model_of
from evaluators.engines.gpu.clock import Clock, WallClock
from evaluators.engines.gpu.device import Device, open_device
from evaluators.engines.gpu.drift import DRIFT
from evaluators.engines.gpu.iteration import Chunk, Decode, Engine, Iteration
from evaluators.engines.gpu.opening import engine_on
from evaluators.engines.gpu.real_time import RealTimeEngine
from evaluators.engines.gpu.shapes import shape_named
from evaluators.engines.serving import Requests, ServingEngine
from evaluators.errors import UsageError
from evaluators.problems.request_scheduling.measurement import Promises, latencies, measure
from evaluators.problems.request_scheduling.parameters import SchedulingParameters
from evaluators.problems.request_scheduling.problem import OBJECTIVES, RequestScheduling
from evaluators.problems.request_scheduling.simulator import Instance, asked
from evaluators.resources import statement

DEFAULT_MODEL = "8b"  # what the first of ENGINES serves
PLAYED: tuple[Split, ...] = ("search", "selection", "sealed")
REPEATS = 7  # of the reference iteration: their median counts
REFERENCE = Iteration([Chunk(4, 0, 256, True)], [Decode(r, 127) for r in range(4)])


@dataclass(frozen=True)
class RealTimeInstance(Instance):
    """A workload ready to be played on a device."""

    device: Engine = dataclasses.field(kw_only=True)
    clock: Clock = dataclasses.field(kw_only=True)

    def engine(self, edges_s: np.ndarray, longest_jump: int | None = None) -> ServingEngine:
        """Time begins now."""
        return RealTimeEngine(
            self.device, self.clock, self.cost, self.requests, self.horizon_s, edges_s.tolist(),
            self.asked_calls, self.rules,
        )  # fmt: skip


class RequestSchedulingOnDevice(RequestScheduling):
    """`RequestScheduling` whose episodes a device plays, each its first `timed_requests` alone."""

    objectives = tuple(dataclasses.replace(o, kind="measured") for o in OBJECTIVES)
    in_real_time = True

    def __init__(
        self, parameters: SchedulingParameters | None, workload_file: str | None, device: str
    ) -> None:
        super().__init__(parameters, workload_file)
        self._simulated = RequestScheduling(parameters, workload_file)
        self.device = device
        self.statement = f"{self.statement}\n\n{statement('request_scheduling_on_device')}"
        self._check_lengths()

    def _check_lengths(self) -> None:
        """Raises UsageError for a request that has more tokens than the model has positions."""
        shape = shape_named(self.model)
        for workload in self._played():
            longest = _longest(self.instance(workload).requests)
            if longest > shape.context_tokens:
                raise UsageError(
                    f"{workload.id}: a request of {longest} tokens, and the model {self.model} has"
                    f" {shape.context_tokens} positions",
                    f"less memory cuts requests: --param kv_capacity_tokens={shape.context_tokens}",
                )

    def _played(self) -> list[Workload]:
        return [w for split in PLAYED for w in self.workloads(split)]

    @property
    def model(self) -> str:
        """The decoder's shape."""
        file = self.parameters.calibration_file
        return self.parameters.model or (model_of(file) if file else "") or DEFAULT_MODEL

    @property
    def simulated(self) -> Problem:
        self._simulated.salt = self.salt
        return self._simulated

    def workloads(self, split: Split) -> Sequence[Workload]:
        """Without those that were drawn for another engine than this one."""
        drawn = super().workloads(split)
        own = min(int(w.content["engine"]) for w in super().workloads("tiny"))
        return tuple(w for w in drawn if int(w.content["engine"]) == own)

    def limits(self, workload: Workload) -> Mapping[str, Bound]:
        """Of shares alone: the simulator's others hold for its cost model, not for a device."""
        return {name: Bound(1.0, "bound", "a share") for name in ("goodput", "fairness")}

    def references(self, workload: Workload) -> Mapping[str, Measurements]:
        """None: what is shown beside a front is not worth the device's time."""
        return {}

    def prepare(self) -> str:
        self._reference_s  # noqa: B018  # opens the device, and warms it
        return f"{self._device.facts}, model {self.model}"

    @cached_property
    def _device(self) -> Device:
        """Open from its first use on, in one process at a time."""
        return open_device(self.device)

    @cached_property
    def _engine_on_device(self) -> Engine:
        """Large enough for every workload."""
        costs = [self.instance(w).cost for w in (*self._played(), *self.workloads("tiny"))]
        return engine_on(
            self._device,
            self.model,
            kv_capacity_tokens=max(c.kv_capacity_tokens for c in costs),
            max_running=max(c.max_running for c in costs),
        )

    @cached_property
    def _reference_s(self) -> float:
        return self._timed_reference_s()

    def _timed_reference_s(self) -> float:
        """What an iteration that is always the same takes now."""
        engine = self._engine_on_device
        engine.begin(np.array([128] * 4 + [256]))
        engine.execute(REFERENCE)
        return median(engine.execute(REFERENCE) for _ in range(REPEATS))

    def close(self) -> None:
        """Let others have the device."""
        self._device.close()

    def episode(self, workload: Workload) -> Generator[Observation, Action, Measurements]:
        """In real time from the first question on."""
        expected_s = self._reference_s
        before_s = self._timed_reference_s()
        instance = self.real_time_instance(workload, WallClock())
        engine = instance.engine(instance.edges_s)
        yield from asked(instance, engine)
        scored = measure(engine, instance.requests, instance.promises, instance.edges_s)
        after_s = self._timed_reference_s()
        breakdown = {
            **latencies(engine, instance.requests, instance.promises),
            **scored.breakdown,
            DRIFT: max(abs(s / expected_s - 1) for s in (before_s, after_s)),
            **self._device.conditions().known(),
        }
        return Measurements(scored.values, breakdown)

    def real_time_instance(self, workload: Workload, clock: Clock) -> RealTimeInstance:
        """The workload's first requests, on the device."""
        cut = first_of(self.instance(workload), self.parameters.timed_requests)
        return RealTimeInstance(
            cut.cost, cut.requests, cut.promises, cut.rules,
            device=self._engine_on_device, clock=clock,
        )  # fmt: skip


def first_of(instance: Instance, most: int) -> Instance:
    """The first requests; as large a share of them as before is not scored."""
    count = instance.requests.arrival_s.size
    if count <= most:
        return instance
    r, p = instance.requests, instance.promises
    requests = Requests(
        r.arrival_s[:most], r.prompt_tokens[:most], r.output_tokens[:most], r.tenant[:most],
        r.tenants,
    )  # fmt: skip
    promises = Promises(
        p.max_tokens[:most], p.slo_class[:most], p.ttft_slo_s[:most], p.tpot_slo_s[:most],
        p.warmup * most // count,
    )  # fmt: skip
    return Instance(instance.cost, requests, promises, instance.rules)


def _longest(requests: Requests) -> int:
    return int((requests.prompt_tokens + requests.output_tokens).max())

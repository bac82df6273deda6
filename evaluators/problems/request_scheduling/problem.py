"""The problem `request_scheduling`: which requests one serving engine works on, and when.

Entry: `schedule(...)`, asked at events; the answer is a plan that holds until the next. README.md
has model, sources and known error.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Generator, Mapping, Sequence
from statistics import fmean

import numpy as np

from evaluators.contract import (
    Action,
    Bound,
    Feature,
    Forgery,
    Measurements,
    Objective,
    Observation,
    Policy,
    Problem,
    Score,
    Split,
    Variation,
    Workload,
)
from evaluators.engines.cost_model import ENGINES, CostModel, engine_index, read_calibration
from evaluators.errors import UsageError
from evaluators.problems.request_scheduling import bounds, references
from evaluators.problems.request_scheduling.forgeries import FORGERIES
from evaluators.problems.request_scheduling.observation import MOST_RUNNING, SIGNATURE
from evaluators.problems.request_scheduling.parameters import (
    UNVARIED,
    SchedulingParameters,
    variations,
)
from evaluators.problems.request_scheduling.simulator import (
    Instance,
    instance_of,
    scheduling_episode,
)
from evaluators.problems.request_scheduling.workloads import workloads
from evaluators.resources import seed_policies, statement
from evaluators.signature import Values

OBJECTIVES: tuple[Objective, ...] = (
    Objective(
        "goodput", "share of requests", "higher", "exact",
        reference=0.3,  # below every published policy near saturation
        worst=0.0,
        resolution=0.005,  # seven requests of a search workload
        doc="share of the scored requests that met both promises: time to first token, and time"
        " per further token; unfinished ones met neither",
    ),
    Objective(
        "log_norm_latency", "ln(s/token)", "lower", "exact",
        reference=-2.0,  # 0.135 s per token: slower than a fast reader reads
        worst=10.0,
        resolution=0.01,  # one percent of latency
        doc="mean over the scored requests of the logarithm of latency per output token",
    ),
    Objective(
        "fairness", "share of service", "higher", "exact",
        reference=0.6,  # below every published policy near saturation
        worst=0.0,
        resolution=0.005,
        doc="share of the weighted tokens that tenants received which max-min fairness would have"
        " given them, in windows of about 100 arrivals",
    ),
    Objective(
        "decision_cpu", "x fcfs", "lower", "measured",
        reference=20.0,  # fcfs only numbers the requests; a loop over them costs this much
        worst=100.0,
        resolution=0.25,  # below it, repeats of one policy differ
        doc="CPU time per decision, of at most as many as fcfs is asked for, as a ratio to fcfs",
    ),
)  # fmt: skip


def _mean_of(name: str) -> Callable[[Score], float]:
    """A part of the breakdown, on average over workloads."""
    return lambda score: fmean(parts[name] for parts in score.breakdown.values())


FEATURES = (
    Feature(
        "ttft_kept", _mean_of("ttft_kept"),
        doc="share of requests whose first token came in time: prefills are favoured",
    ),
    Feature(
        "tpot_kept", _mean_of("tpot_kept"),
        doc="share whose further tokens came fast enough: decodes are favoured",
    ),
)  # fmt: skip

PRELUDE = '''\
import numpy as np


def plan(
    waiting,
    running,
    order=None,
    admit=None,
    admit_ahead=False,
    running_order=None,
    preempt=0,
    prefill_tokens_per_iteration=2048,
    decode_first=True,
    recheck_after_iterations=0,
    timer_s=0.0,
):
    """The answer of `schedule`. Defaults: admit all that fit, in order of arrival; serve the
    running in order of admission and preempt the last admitted first; decode in every iteration."""
    n, m = len(waiting.arrival_s), len(running.arrival_s)
    return {
        "waiting_order": np.arange(n) if order is None else order,
        "admit": n if admit is None else int(admit),
        "admit_ahead": bool(admit_ahead),
        "running_order": np.arange(m) if running_order is None else running_order,
        "preempt": int(preempt),
        "prefill_tokens_per_iteration": int(prefill_tokens_per_iteration),
        "decode_first": bool(decode_first),
        "recheck_after_iterations": int(recheck_after_iterations),
        "timer_s": float(timer_s),
    }
'''


class RequestScheduling(Problem):
    """Schedule prefills, decodes and memory of one engine with continuous batching."""

    name = "request_scheduling"
    version = 2
    can_ask_more = True
    Parameters = SchedulingParameters
    parameters: SchedulingParameters
    objectives: tuple[Objective, ...] = OBJECTIVES
    features = FEATURES
    signature = SIGNATURE
    prelude = PRELUDE
    reference_policy = "fcfs"
    unvaried = UNVARIED

    def __init__(
        self, parameters: SchedulingParameters | None = None, workload_file: str | None = None
    ) -> None:
        """Raises UsageError for an unknown engine, a bad calibration or workload file."""
        self.parameters = parameters or SchedulingParameters()
        self._engine = _engine_of(self.parameters)
        self._file = workload_file
        if workload_file:
            if self.parameters.trace:
                raise UsageError(
                    f"both a workload file and trace={self.parameters.trace}",
                    "give one of them: --workload or --param trace=NAME",
                )
            self.workloads("search")  # a bad file is refused here, not in the middle of a run
        self.statement = "\n\n".join([statement(self.name), *self.parameters.remarks()])

    def workloads(self, split: Split) -> Sequence[Workload]:
        salt = self.salt if split == "sealed" else ""
        drawn = workloads(split, self._engine, self.parameters, self._file, salt)
        return tuple(self._with_constants(w) for w in drawn)

    def _with_constants(self, workload: Workload) -> Workload:
        """The engine's constants are part of the instance: other constants, another digest."""
        cost = self._cost_of(workload)
        constants: list[float] = [*cost.coefficients()]
        if workload.content["engine"] < 0:  # the table's engines all run as many
            constants.append(cost.max_running)
        content = {**workload.content, "engine_coefficients": np.array(constants)}
        return dataclasses.replace(workload, content=content)

    def variations(self) -> Sequence[Variation]:
        return tuple(variations(self.parameters, is_recorded=self._file is not None))

    def given(self, workload: Workload) -> Values:
        cost = self._cost_of(workload)
        constants = {
            f.name: getattr(cost, f.name) for f in SIGNATURE.given if hasattr(cost, f.name)
        }
        return {"tenants": _tenants(workload), **constants}

    def episode(self, workload: Workload) -> Generator[Observation, Action, Measurements]:
        return scheduling_episode(self.instance(workload))

    def baselines(self) -> Mapping[str, Policy]:
        return seed_policies(self.name)

    def limits(self, workload: Workload) -> Mapping[str, Bound]:
        return bounds.limits(self.instance(workload))

    def references(self, workload: Workload) -> Mapping[str, Measurements]:
        """Policies that know every output's length."""
        return references.clairvoyant(self.instance(workload))

    def on_device(self, device: str) -> Problem:
        from evaluators.problems.request_scheduling.on_device import RequestSchedulingOnDevice

        return RequestSchedulingOnDevice(self.parameters, self._file, device)

    def forgeries(self) -> Mapping[str, Forgery]:
        return FORGERIES

    def instance(self, workload: Workload) -> Instance:
        """The workload ready to be played: for references, limits and checks."""
        cost, tenants = self._cost_of(workload), _tenants(workload)
        return instance_of(workload, cost, tenants, self.parameters.rules())

    def _cost_of(self, workload: Workload) -> CostModel:
        index = int(workload.content["engine"])
        engine = ENGINES[index] if index >= 0 else self._engine
        kv_tokens = int(workload.content["kv_capacity_tokens"])
        served = self.parameters.cost_of(engine)
        return dataclasses.replace(served, kv_capacity_tokens=kv_tokens)


def _engine_of(parameters: SchedulingParameters) -> CostModel:
    if not parameters.calibration_file:
        return ENGINES[engine_index(parameters.engine) if parameters.engine else 0]
    engine = read_calibration(parameters.calibration_file)
    if engine.max_running > MOST_RUNNING:
        raise UsageError(
            f"{parameters.calibration_file}: max_running is {engine.max_running}",
            f"expected at most {MOST_RUNNING}",
        )
    return engine


def _tenants(workload: Workload) -> int:
    return int(workload.content["tenant"].max()) + 1

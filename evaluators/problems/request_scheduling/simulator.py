"""One episode: the requests of a workload, one engine, and a policy that is asked at events."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from evaluators.contract import Action, Measurements, Observation, Workload
from evaluators.engines.cost_model import CostModel
from evaluators.engines.serving import (
    AS_RESERVED,
    Plan,
    Requests,
    Rules,
    ServingEngine,
)
from evaluators.problems.request_scheduling.measurement import Promises, measure, window_edges_s
from evaluators.problems.request_scheduling.observation import MOST_PREFILL_TOKENS, View

ASKED_CALLS_PER_REQUEST = 2  # timers and rechecks: bounds the length of an episode
DRAIN_OF_LONGEST = 10  # times what the longest request takes alone


@dataclass(frozen=True)
class Instance:
    """A workload ready to be played."""

    cost: CostModel
    requests: Requests
    promises: Promises
    rules: Rules = AS_RESERVED

    @property
    def horizon_s(self) -> float:
        """When the episode ends: late enough for a policy that half keeps up to finish."""
        longest_s = float(self.alone_s.max())
        return 2 * float(self.requests.arrival_s[-1]) + DRAIN_OF_LONGEST * longest_s

    @property
    def edges_s(self) -> np.ndarray:
        """float64[windows + 1]: of the windows in which fairness is measured."""
        return window_edges_s(self.requests.arrival_s, self.promises.warmup)

    @cached_property
    def prefill_alone_s(self) -> np.ndarray:
        """float64[n]: what each prefill takes on an engine of its own."""
        prompts = self.requests.prompt_tokens.tolist()
        return np.array([self.cost.prefill_s(p, MOST_PREFILL_TOKENS) for p in prompts])

    @cached_property
    def alone_s(self) -> np.ndarray:
        """float64[n]: what each request takes on an engine of its own."""
        lengths = zip(
            self.requests.prompt_tokens.tolist(), self.requests.output_tokens.tolist(), strict=True
        )
        return self.prefill_alone_s + [self.cost.decode_s(p, o - 1) for p, o in lengths]

    @property
    def asked_calls(self) -> int:
        """The most decisions that timers and rechecks may cause."""
        return ASKED_CALLS_PER_REQUEST * self.requests.arrival_s.size

    def engine(self, edges_s: np.ndarray, longest_jump: int | None = None) -> ServingEngine:
        """An engine before the first arrival."""
        return ServingEngine(
            self.cost, self.requests, self.horizon_s, edges_s.tolist(), self.asked_calls,
            longest_jump, self.rules,
        )  # fmt: skip


def instance_of(
    workload: Workload, cost: CostModel, tenants: int, rules: Rules = AS_RESERVED
) -> Instance:
    """The content of a workload, served by `cost`."""
    content = workload.content
    requests = Requests(
        content["arrival_s"], content["prompt_tokens"], content["output_tokens"],
        content["tenant"], tenants,
    )  # fmt: skip
    promises = Promises(
        content["max_tokens"], content["slo_class"], content["ttft_slo_s"], content["tpot_slo_s"],
        int(content["warmup"]),
    )  # fmt: skip
    return Instance(cost, requests, promises, rules)


def scheduling_episode(instance: Instance) -> Generator[Observation, Action, Measurements]:
    """Ask at every decision until all is served or the horizon is reached."""
    edges_s = instance.edges_s
    engine = instance.engine(edges_s)
    yield from asked(instance, engine)
    return measure(engine, instance.requests, instance.promises, edges_s)


def asked(instance: Instance, engine: ServingEngine) -> Generator[Observation, Action, None]:
    """The questions of an episode on its engine, from the first arrival to the end."""
    view = View(instance.requests, instance.promises, engine)
    while engine.run():
        action = yield view.observe()
        engine.apply(Plan(**action))
    engine.audit()


def serve_privileged(
    instance: Instance, decide: Callable[[ServingEngine], Plan], longest_jump: int | None = None
) -> Measurements:
    """Play a policy of ours that sees the engine itself: references and checks."""
    edges_s = instance.edges_s
    engine = instance.engine(edges_s, longest_jump)
    while engine.run():
        engine.apply(decide(engine))
    engine.audit()
    return measure(engine, instance.requests, instance.promises, edges_s)

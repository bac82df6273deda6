"""The problem `request_routing`: which of several LLM engines a request goes to.

Entry: `route(...)`, asked once per request and again for one that was held back or lost. README.md
has model, sources and known error.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence

import numpy as np

from evaluators.contract import (
    Action,
    Bound,
    Forgery,
    Measurements,
    Objective,
    Observation,
    Policy,
    Problem,
    Split,
    Variation,
    Workload,
)
from evaluators.problems.request_routing import bounds, references
from evaluators.problems.request_routing.forgeries import FORGERIES
from evaluators.problems.request_routing.instance import Instance, instance_of
from evaluators.problems.request_routing.observation import SIGNATURE
from evaluators.problems.request_routing.parameters import (
    UNVARIED,
    RoutingParameters,
    variations,
)
from evaluators.problems.request_routing.recorded import recorded_workloads
from evaluators.problems.request_routing.simulator import routing_episode
from evaluators.problems.request_routing.workloads import drawn_workloads
from evaluators.resources import seed_policies, statement
from evaluators.signature import Values

OBJECTIVES = (
    Objective(
        "goodput", "share of requests", "higher", "exact",
        reference=0.3,  # random comes to 0.36
        worst=0.0,
        resolution=0.005,  # three requests of a workload
        doc="share of the scored requests whose first token came in the time promised",
    ),
    Objective(
        "recomputed", "share of prompt tokens", "lower", "exact",
        reference=0.3,  # all that no cache of one engine has
        worst=2.0,
        resolution=0.002,
        doc="prompt tokens computed beyond what no earlier prompt had, over all prompt tokens",
    ),
    Objective(
        "imbalance", "coefficient of variation", "lower", "exact",
        reference=0.8,  # two hashes come to 0.73
        worst=4.0,
        resolution=0.01,
        doc="of the seconds of prompt work that engines got, over windows of 60 arrivals",
    ),
    Objective(
        "decision_cpu", "x round_robin", "lower", "measured",
        reference=50.0,
        worst=500.0,
        resolution=0.25,
        doc="CPU time per decision as a ratio to that of round_robin",
    ),
)  # fmt: skip


class RequestRouting(Problem):
    """Send each request to the engine that serves it in time, from its cache, without crowding."""

    name = "request_routing"
    version = 2
    can_ask_more = True
    Parameters = RoutingParameters
    objectives = OBJECTIVES
    signature = SIGNATURE
    reference_policy = "round_robin"
    unvaried = UNVARIED

    def __init__(
        self, parameters: RoutingParameters | None = None, workload_file: str | None = None
    ) -> None:
        """Raises UsageError for a bad workload file."""
        self.parameters = parameters or RoutingParameters()
        self._file = workload_file
        self.statement = statement(self.name)
        if workload_file:
            self.workloads("search")  # a bad file is refused here, not in the middle of a run

    def workloads(self, split: Split) -> Sequence[Workload]:
        salt = self.salt if split == "sealed" else ""
        if self._file and split != "tiny":
            return recorded_workloads(self._file, split, self.parameters, salt)
        return drawn_workloads(split, self.parameters, salt)

    def given(self, workload: Workload) -> Values:
        instance = instance_of(workload.content)
        names = ("iteration_s", "token_s", "pair_s", "kv_token_s", "sequence_s")
        return {
            "cache_blocks": instance.cache_blocks,
            "report_s": instance.report_s,
            **{n: np.array([getattr(e, n) for e in instance.engines]) for n in names},
            "kv_capacity_tokens": np.array([e.kv_capacity_tokens for e in instance.engines]),
        }

    def episode(self, workload: Workload) -> Generator[Observation, Action, Measurements]:
        return routing_episode(self.instance(workload))

    def baselines(self) -> Mapping[str, Policy]:
        return seed_policies(self.name)

    def limits(self, workload: Workload) -> Mapping[str, Bound]:
        return bounds.limits(self.instance(workload))

    def references(self, workload: Workload) -> Mapping[str, Measurements]:
        """One pooled engine with a shared cache without end."""
        return {"pooled": references.pooled(self.instance(workload))}

    def variations(self) -> Sequence[Variation]:
        return tuple(variations(is_recorded=self._file is not None))

    def forgeries(self) -> Mapping[str, Forgery]:
        return FORGERIES

    def instance(self, workload: Workload) -> Instance:
        """The workload ready to be played: for references, limits and checks."""
        return instance_of(workload.content)

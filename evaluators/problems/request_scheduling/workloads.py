"""The instances of each split: generated ones, or those of a recorded trace.

Generated workloads take lengths from `lengths`, clients from `clients` and a rate from
`saturation`: loads of 0.9 to 1.1 times what first come first served sustains, in so little memory
that requests wait for it. There a policy can win something; below, all of them are good, above, all
of them are bad. Every workload is drawn from SHA-256 of its own id and is its own cluster.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from evaluators.contract import Split, Workload
from evaluators.engines.cost_model import CostModel
from evaluators.problems.request_scheduling.clients import arrivals_s, draw_tenants, seeded
from evaluators.problems.request_scheduling.instance import (
    Label,
    Replica,
    Requests,
    instance,
    other_engine,
)
from evaluators.problems.request_scheduling.lengths import (
    CHAT,
    CODE,
    REASONING,
    TRACES,
    Lengths,
)
from evaluators.problems.request_scheduling.parameters import SchedulingParameters
from evaluators.problems.request_scheduling.recorded import recorded_workloads
from evaluators.problems.request_scheduling.saturation import (
    Demand,
    demand_of,
    scarce_kv_tokens,
    sustained_rate_per_s,
)

PUBLISHED = SchedulingParameters()
WARMUP_SHARE = 0.1
REFERENCE_REQUESTS = 20_000  # drawn to size a scenario's memory


@dataclass(frozen=True, slots=True)
class Scenario:
    """A family of workloads: what applications send, how unevenly, at what load."""

    name: str
    lengths: tuple[Lengths, ...]  # a tenant's application: its number modulo their count
    arrival_cv: float
    load: float  # of the rate that first come first served sustains

    @property
    def applications(self) -> str:
        """The applications' names, as `saturation.FCFS_SHARES` has them."""
        return "+".join(lengths.name for lengths in self.lengths)


SCENARIOS = (
    Scenario("chat", (CHAT,), arrival_cv=1.0, load=1.1),
    Scenario("chat-bursty", (CHAT,), arrival_cv=3.0, load=1.0),
    Scenario("code-bursty", (CODE,), arrival_cv=2.0, load=1.0),
    Scenario("reasoning", (REASONING,), arrival_cv=1.5, load=1.0),
    Scenario("mixed", (CHAT, CODE), arrival_cv=2.0, load=1.0),
)
TRACE_CVS = (1.0, 1.5, 2.0, 3.0)  # of the arrivals, when a trace's lengths take over
TINY = Scenario("tiny", (CHAT,), arrival_cv=1.0, load=2.0)
TINY_REQUESTS = (5, 8, 12, 20)  # the first is for brute force
TINY_KV_TOKENS = 4096
SELECTION_REQUESTS = 10_000
SELECTION_LOADS = (0.95, 0.9)  # times the scenario's own: a long overload drowns every policy
SEALED_LOADS = (0.9, 1.0)  # on the chosen engine; a third workload is on another engine


@cache
def workloads(
    split: Split,
    engine: CostModel,
    parameters: SchedulingParameters = PUBLISHED,
    file: str | None = None,
    salt: str = "",
) -> tuple[Workload, ...]:
    """The workloads of a split, drawn once per process.

    Args:
        split: search 5 x 1,500 requests, selection 8 x 10,000, sealed 15 x 3,000 (two of each
            scenario on `engine`, one on another), tiny 5 to 20 requests.
        engine: what serves them, with its published constants.
        parameters: its memory and constants, and what else is not as published.
        file: a recorded trace that takes the place of the generated workloads, except tiny ones.
        salt: other sealed workloads. Of a recorded trace only what is drawn differs, its arrivals
            and lengths do not.

    Raises:
        UsageError: the file cannot be read, or is too short.
    """
    if split == "tiny":
        memory = parameters.kv_capacity_tokens or TINY_KV_TOKENS
        cut = replace(parameters, kv_capacity_tokens=memory)
        return tuple(generated(f"tiny-{n}", TINY, n, engine, cut) for n in TINY_REQUESTS)
    if file is not None:
        return recorded_workloads(file, split, engine, parameters, salt)
    if split == "sealed":
        return tuple(_sealed(engine, parameters, salt))
    make = {"search": _search, "selection": _selection}[split]
    return tuple(make(engine, parameters))


def scenarios(trace: str = "") -> tuple[Scenario, ...]:
    """The families: as published, or one trace's lengths under arrivals of several kinds."""
    if not trace:
        return SCENARIOS
    return tuple(Scenario(f"{trace}-cv{cv}", (TRACES[trace],), cv, load=1.0) for cv in TRACE_CVS)


def _search(engine: CostModel, parameters: SchedulingParameters) -> list[Workload]:
    families = scenarios(parameters.trace)
    return [generated(f"search-{s.name}", s, 1_500, engine, parameters) for s in families]


def _selection(engine: CostModel, parameters: SchedulingParameters) -> list[Workload]:
    families = scenarios(parameters.trace)
    count = parameters.requests or SELECTION_REQUESTS
    variants = [(s, factor) for factor in SELECTION_LOADS for s in families][:8]
    return [
        generated(f"selection-{s.name}-x{factor}", s, count, engine, parameters, factor)
        for s, factor in variants
    ]


def _sealed(engine: CostModel, parameters: SchedulingParameters, salt: str) -> list[Workload]:
    variants = [(engine, factor) for factor in SEALED_LOADS] + [(other_engine(engine), 1.0)]
    return [
        generated(f"sealed-{s.name}-{e.name}-x{factor}", s, 3_000, e, parameters, factor, salt)
        for s in scenarios(parameters.trace)
        for e, factor in variants
    ]


def generated(
    name: str,
    scenario: Scenario,
    count: int,
    engine: CostModel,
    parameters: SchedulingParameters = PUBLISHED,
    load_factor: float = 1.0,
    salt: str = "",
) -> Workload:
    """One workload of a scenario, at `load_factor` times its load, or at the load that is set."""
    rng = seeded(name, salt)
    kv_tokens = parameters.kv_capacity_tokens or scarce_kv_tokens(engine, _demand(scenario))
    tenant = draw_tenants(rng, count, parameters.tenants)
    prompt, output = _fitting(*draw_lengths(rng, scenario, tenant), kv_tokens)
    sustained_per_s = sustained_rate_per_s(
        parameters.cost_of(engine), demand_of(prompt, output), kv_tokens, scenario.applications
    )
    rate_per_s = (parameters.load or scenario.load * load_factor) * sustained_per_s
    requests = Requests(
        arrivals_s(rng, count, rate_per_s, scenario.arrival_cv), prompt, output, tenant
    )
    label = Label(name, scenario.name, name)
    return instance(
        label, rng, Replica(engine, kv_tokens), requests, int(WARMUP_SHARE * count),
        parameters.class_shares(),
    )  # fmt: skip


@cache
def _demand(scenario: Scenario) -> Demand:
    rng = seeded("demand", scenario.name)
    return demand_of(*draw_lengths(rng, scenario, draw_tenants(rng, REFERENCE_REQUESTS)))


def draw_lengths(
    rng: np.random.Generator, scenario: Scenario, tenant: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Prompt and output tokens: each tenant has one application."""
    drawn = np.array([lengths.sample(rng, tenant.size) for lengths in scenario.lengths])
    own = drawn[tenant % len(scenario.lengths), :, np.arange(tenant.size)]
    return own[:, 0], own[:, 1]


def _fitting(
    prompt_tokens: np.ndarray, output_tokens: np.ndarray, kv_tokens: int
) -> tuple[np.ndarray, np.ndarray]:
    """Cut to half of the memory each, as a server's context window would."""
    return np.minimum(prompt_tokens, kv_tokens // 2), np.minimum(output_tokens, kv_tokens // 2)

"""The workloads of every split: drawn sessions, or a recorded trace, on four kinds of cluster.

Families: `steady` (engines report their load ten times a second), `stale` (every five seconds),
`mixed` (half of the engines are of another type), `failing` (one engine loses all and is away).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from evaluators import seeding
from evaluators.contract import Span, Split, Workload
from evaluators.engines.cost_model import ENGINES, CostModel, engine_index
from evaluators.problems.request_routing.instance import (
    CHUNK_TOKENS,
    Instance,
    Outage,
    content_of,
)
from evaluators.problems.request_routing.parameters import RoutingParameters
from evaluators.problems.request_routing.sessions import Trace, draw_trace

FAMILIES = ("steady", "stale", "mixed", "failing")
COPIES: Mapping[Split, int] = {"search": 1, "selection": 3, "sealed": 6, "tiny": 1}
REQUESTS: Mapping[Split, int] = {"search": 600, "selection": 600, "sealed": 600, "tiny": 40}
REPLICAS = (6, 4, 8)  # copies and families take turns
TINY_REPLICAS = 2
SPAN_S = 1200.0  # of the drawn sessions, before times are compressed to reach the load
REPORT_S, STALE_REPORT_S = 0.1, 5.0
OUTAGE_FROM, OUTAGE_UNTIL = (0.3, 0.5), 0.2  # begins, and lasts, shares of the arrivals' time
SLO_S, SLO_TIMES = 2.0, 3.0  # a promise: so much, and so many times the prompt's own time
WARMUP = 0.1  # of the requests


@dataclass(frozen=True, slots=True)
class Label:
    """What a workload is called, and the real data that it uses."""

    id: str
    family: str
    cluster: str
    spans: tuple[Span, ...] = ()


@cache
def drawn_workloads(
    split: Split, parameters: RoutingParameters, salt: str = ""
) -> tuple[Workload, ...]:
    """Generated workloads, made once per process. A salt makes other ones."""
    return tuple(_drawn(split, parameters, salt))


def _drawn(split: Split, parameters: RoutingParameters, salt: str) -> Iterator[Workload]:
    for copy in range(COPIES[split]):
        for number, family in enumerate(FAMILIES):
            name = f"{split}-{family}-{copy}"
            rng = seeded(name, salt)
            trace = draw_trace(rng, REQUESTS[split], SPAN_S * REQUESTS[split] / 600)
            drawn = REPLICAS[(copy + number) % len(REPLICAS)]
            replicas = parameters.replicas or (TINY_REPLICAS if split == "tiny" else drawn)
            yield workload_of(Label(name, family, name), rng, trace, replicas, parameters)


def seeded(*names: str) -> np.random.Generator:
    """A stream of its own for these names, and for this problem."""
    return seeding.seeded("request_routing", *names)


def workload_of(
    label: Label,
    rng: np.random.Generator,
    trace: Trace,
    replicas: int,
    parameters: RoutingParameters,
) -> Workload:
    """A trace on a cluster of the label's family, its times compressed to the load."""
    engines = _engines(label.family, replicas, parameters)
    arrival_s = _compressed(trace, engines, parameters.load)
    stale_s = STALE_REPORT_S if label.family == "stale" else REPORT_S
    alone_s = prefills_s(ENGINES[engine_index(parameters.engine)], trace.prompt_tokens)
    instance = Instance(
        engines=engines,
        cache_blocks=parameters.cache_blocks,
        report_s=parameters.report_s or stale_s,
        outages=_outages(label.family, rng, replicas, float(arrival_s[-1])),
        arrival_s=arrival_s,
        prompt_tokens=trace.prompt_tokens,
        output_tokens=trace.output_tokens,
        ttft_slo_s=SLO_S + SLO_TIMES * alone_s,
        blocks=_renamed(rng, trace.blocks),
        warmup=int(WARMUP * len(arrival_s)),
    )
    return Workload(label.id, label.family, label.cluster, content_of(instance), label.spans)


def prefills_s(engine: CostModel, prompt_tokens: np.ndarray) -> np.ndarray:
    """float64[n]: what each prompt takes on an engine of its own without a cache."""
    return np.array([engine.prefill_s(tokens, CHUNK_TOKENS) for tokens in prompt_tokens.tolist()])


def _engines(family: str, replicas: int, parameters: RoutingParameters) -> tuple[CostModel, ...]:
    one, other = (ENGINES[engine_index(n)] for n in (parameters.engine, parameters.other_engine))
    others = replicas // 2 if family == "mixed" else 0
    return (one,) * (replicas - others) + (other,) * others


def _compressed(trace: Trace, engines: Sequence[CostModel], load: float) -> np.ndarray:
    """Times at which the prompts' work without a cache is `load` of what the engines can do."""
    rate = sum(1 / prefills_s(e, trace.prompt_tokens).sum() for e in engines)
    times_s: np.ndarray = trace.arrival_s * (1 / (rate * load) / trace.arrival_s[-1])
    return times_s


def _outages(
    family: str, rng: np.random.Generator, replicas: int, last_s: float
) -> tuple[Outage, ...]:
    if family != "failing":
        return ()
    from_s = rng.uniform(*OUTAGE_FROM) * last_s
    return (Outage(int(rng.integers(replicas)), from_s, from_s + OUTAGE_UNTIL * last_s),)


def _renamed(
    rng: np.random.Generator, blocks: tuple[tuple[int, ...], ...]
) -> tuple[tuple[int, ...], ...]:
    """Blocks by hashes that tell nothing of their order."""
    known = sorted({block for own in blocks for block in own})
    hashes = rng.integers(2**62, size=len(known) + 64)
    distinct = rng.permutation(np.unique(hashes))[: len(known)].tolist()
    name = dict(zip(known, distinct, strict=True))
    return tuple(tuple(name[block] for block in own) for own in blocks)

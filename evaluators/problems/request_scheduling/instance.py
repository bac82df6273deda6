"""Puts requests, an engine and its memory together into a `Workload`.

Content, one element per request in order of arrival: `arrival_s`, `prompt_tokens`,
`output_tokens` (the policy never sees it), `max_tokens`, `tenant`, `slo_class`, `ttft_slo_s`,
`tpot_slo_s`; scalars: `kv_capacity_tokens`, `engine` (index into ENGINES, -1 for a calibrated
one), `warmup` (first requests that are not scored, unless they are put off).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evaluators.contract import Span, Workload
from evaluators.engines.cost_model import ENGINES, CostModel
from evaluators.problems.request_scheduling.clients import (
    CLASS_SHARES,
    draw_max_tokens,
    microseconds,
    promises,
)


@dataclass(frozen=True, slots=True)
class Replica:
    """An engine and the part of its memory that this model has."""

    engine: CostModel
    kv_capacity_tokens: int


@dataclass(frozen=True, slots=True)
class Requests:
    """Arrays of one element per request, in order of arrival."""

    arrival_s: np.ndarray
    prompt_tokens: np.ndarray
    output_tokens: np.ndarray
    tenant: np.ndarray


@dataclass(frozen=True, slots=True)
class Label:
    """What a workload is called and what it is a sample of."""

    id: str
    family: str
    cluster: str
    spans: tuple[Span, ...] = ()


def instance(
    label: Label,
    rng: np.random.Generator,
    replica: Replica,
    requests: Requests,
    warmup: int,
    class_shares: Sequence[float] = CLASS_SHARES,
) -> Workload:
    """The workload; declared output limits and service classes are drawn from `rng`.

    Raises:
        ValueError: a request does not fit into memory, or arrivals are not sorted.
    """
    prompt, output = requests.prompt_tokens, requests.output_tokens
    if (prompt + output).max() > replica.kv_capacity_tokens:
        raise ValueError(f"{label.id}: a request is longer than {replica.kv_capacity_tokens}")
    if (np.diff(requests.arrival_s) < 0).any():
        raise ValueError(f"{label.id}: arrivals are not sorted")
    room = replica.kv_capacity_tokens - prompt
    content = {
        "arrival_s": microseconds(requests.arrival_s),
        "prompt_tokens": prompt,
        "output_tokens": output,
        "max_tokens": np.minimum(draw_max_tokens(rng, output), room),
        "tenant": requests.tenant,
        **promises(rng, replica.engine, prompt, class_shares),
        "kv_capacity_tokens": np.array(replica.kv_capacity_tokens, dtype=np.int64),
        "engine": np.array(_index(replica.engine), dtype=np.int64),
        "warmup": np.array(warmup, dtype=np.int64),
    }
    return Workload(label.id, label.family, label.cluster, content, label.spans)


def _index(engine: CostModel) -> int:
    return ENGINES.index(engine) if engine in ENGINES else -1


def other_engine(engine: CostModel) -> CostModel:
    """A second engine to judge on: what is learnt on one should hold on the next."""
    return ENGINES[0] if engine != ENGINES[0] else ENGINES[1]

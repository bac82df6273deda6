"""One workload ready to be played: engines behind a gateway, and what will be asked of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from evaluators.engines.cost_model import ENGINES, CostModel
from evaluators.problems.request_routing.sharing import first_seen_tokens

CHUNK_TOKENS = 2048  # of prompts per iteration: vLLM's max_num_batched_tokens


@dataclass(frozen=True, slots=True)
class Outage:
    """An engine loses all at `from_s` and is back, empty, at `until_s`."""

    replica: int
    from_s: float
    until_s: float


@dataclass(frozen=True)
class Instance:
    """Requests sorted by arrival, and the cluster that serves them."""

    engines: tuple[CostModel, ...]
    cache_blocks: int  # of each engine
    report_s: float  # the engines tell their load at multiples of it
    outages: tuple[Outage, ...]
    arrival_s: np.ndarray  # float64[n]
    prompt_tokens: np.ndarray  # int64[n]
    output_tokens: np.ndarray  # int64[n]
    ttft_slo_s: np.ndarray  # float64[n]
    blocks: tuple[tuple[int, ...], ...]  # of each prompt
    warmup: int  # so many requests at the start are not scored

    @cached_property
    def fresh_tokens(self) -> np.ndarray:
        """int64[n]: what no earlier prompt has, so that somebody has to compute it."""
        return first_seen_tokens(self.blocks, self.prompt_tokens)


def content_of(instance: Instance) -> Mapping[str, np.ndarray]:
    """Every number of an instance. Its engines are of `ENGINES`."""
    lengths = [len(own) for own in instance.blocks]
    return {
        "engine": np.array([ENGINES.index(e) for e in instance.engines], dtype=np.int64),
        "cache_blocks": np.array(instance.cache_blocks, dtype=np.int64),
        "report_s": np.array(instance.report_s),
        "outages": np.array([(o.replica, o.from_s, o.until_s) for o in instance.outages]),
        "arrival_s": instance.arrival_s,
        "prompt_tokens": instance.prompt_tokens,
        "output_tokens": instance.output_tokens,
        "ttft_slo_s": instance.ttft_slo_s,
        "block_ends": np.cumsum(lengths, dtype=np.int64),
        "blocks": np.array([b for own in instance.blocks for b in own], dtype=np.int64),
        "warmup": np.array(instance.warmup, dtype=np.int64),
    }


def instance_of(content: Mapping[str, np.ndarray]) -> Instance:
    """The instance with this content."""
    names = content["blocks"].tolist()
    ends: Sequence[int] = content["block_ends"].tolist()
    return Instance(
        engines=tuple(ENGINES[i] for i in content["engine"].tolist()),
        cache_blocks=int(content["cache_blocks"]),
        report_s=float(content["report_s"]),
        outages=tuple(Outage(int(r), a, b) for r, a, b in content["outages"].tolist()),
        arrival_s=content["arrival_s"],
        prompt_tokens=content["prompt_tokens"],
        output_tokens=content["output_tokens"],
        ttft_slo_s=content["ttft_slo_s"],
        blocks=tuple(tuple(names[a:b]) for a, b in zip([0, *ends[:-1]], ends, strict=True)),
        warmup=int(content["warmup"]),
    )

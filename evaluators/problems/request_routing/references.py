"""What one engine with all the cluster's speed, memory and an endless shared cache would reach."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from evaluators.contract import Measurements
from evaluators.engines.cost_model import CostModel
from evaluators.engines.prefix_cache import PrefixCache
from evaluators.engines.replica import Replica
from evaluators.engines.roster import Served
from evaluators.problems.request_routing.instance import CHUNK_TOKENS, Instance
from evaluators.problems.request_routing.measurement import measure


def pooled(instance: Instance) -> Measurements:
    """The instance served first come first served by the pooled engine, which never fails."""
    served = Served(
        instance.prompt_tokens.tolist(), instance.output_tokens.tolist(), instance.blocks
    )
    replica = Replica(pooled_engine(instance.engines), CHUNK_TOKENS, PrefixCache(math.inf), served)
    for request, at_s in enumerate(instance.arrival_s.tolist()):
        replica.advance(at_s)
        replica.submit(request, at_s)
    replica.advance(math.inf)
    return measure(replace(instance, outages=()), served, [replica])


def pooled_engine(engines: Sequence[CostModel]) -> CostModel:
    """One engine with the sum of the engines' speeds and memories."""
    names = ("iteration_s", "token_s", "pair_s", "kv_token_s", "sequence_s")
    return CostModel(
        "pooled",
        **{n: 1 / sum(1 / getattr(e, n) for e in engines) for n in names},
        kv_capacity_tokens=sum(e.kv_capacity_tokens for e in engines),
        max_running=sum(e.max_running for e in engines),
    )

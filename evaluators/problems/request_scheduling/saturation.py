"""How many requests per second an engine can sustain, and how much memory makes them wait.

With B requests decoding, an iteration takes `iteration_s` plus the work that it carries, so B
requests in step finish at a rate of 1 / (work_s + output_tokens * iteration_s / B) per second.
`work_s` is what one request adds to iterations: its prompt, its attention, its output tokens. This
fluid rate ignores that requests come and go; first come first served sustains a share of it that
`tests/bench/saturation.py` finds by bisection.
"""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass

import numpy as np

from evaluators.engines.cost_model import CostModel

OVERHEAD_AT_KNEE = 0.5  # iteration overhead over work, where memory ends: two thirds of full speed
KV_BLOCK_TOKENS = 1024


@dataclass(frozen=True, slots=True)
class Demand:
    """The averages of a set of requests that an engine's throughput depends on."""

    prompt_tokens: float
    prompt_pairs: float  # attention pairs of a prompt computed at once
    output_tokens: float
    resident_tokens: float  # KV cache of a request in a random decode iteration
    longest_tokens: int  # prompt and output of the longest request


def demand_of(prompt_tokens: np.ndarray, output_tokens: np.ndarray) -> Demand:
    """The averages of int64[n] prompts and outputs."""
    prompt, output = prompt_tokens.astype(float), output_tokens.astype(float)
    return Demand(
        prompt_tokens=float(prompt.mean()),
        prompt_pairs=float((prompt**2).mean() / 2),
        output_tokens=float(output.mean()),
        resident_tokens=float((output * (prompt + output / 2)).mean() / output.mean()),
        longest_tokens=int((prompt_tokens + output_tokens).max()),
    )


def work_s(engine: CostModel, demand: Demand) -> float:
    """Seconds that a request adds to the iterations that carry it."""
    per_output_token_s = (
        engine.token_s + engine.sequence_s + engine.kv_token_s * demand.resident_tokens
    )
    prompt_s = engine.token_s * demand.prompt_tokens + engine.pair_s * demand.prompt_pairs
    return prompt_s + per_output_token_s * demand.output_tokens


def fluid_rate_per_s(engine: CostModel, demand: Demand, kv_capacity_tokens: int) -> float:
    """Requests per second with the batch as large as memory and `max_running` allow."""
    batch = min(engine.max_running, kv_capacity_tokens / demand.resident_tokens)
    overhead_s = demand.output_tokens * engine.iteration_s / max(1.0, batch)
    return 1.0 / (work_s(engine, demand) + overhead_s)


def scarce_kv_tokens(engine: CostModel, demand: Demand) -> int:
    """A KV cache at which requests wait for memory, in whole blocks.

    Where the iteration overhead is half of the work a larger batch would still pay, so memory and
    not arithmetic is what is scheduled; it is what a replica has that shares its GPU with other
    models. It holds the longest request twice, as far as the engine's memory goes.
    """
    batch = demand.output_tokens * engine.iteration_s / (OVERHEAD_AT_KNEE * work_s(engine, demand))
    tokens = max(batch * demand.resident_tokens, 2.0 * demand.longest_tokens)
    in_blocks = math.ceil(tokens / KV_BLOCK_TOKENS) * KV_BLOCK_TOKENS
    return min(in_blocks, engine.kv_capacity_tokens)


FCFS_SHARES = {
    ("llama3-8b-h100", "chat"): 0.892,
    ("llama3-8b-h100", "code"): 0.861,
    ("llama3-8b-h100", "reasoning"): 0.947,
    ("llama3-8b-h100", "chat+code"): 0.869,
    ("llama3-8b-a100", "chat"): 0.916,
    ("llama3-8b-a100", "code"): 0.923,
    ("llama3-8b-a100", "reasoning"): 0.908,
    ("llama3-8b-a100", "chat+code"): 0.892,
    ("llama2-7b-a100", "chat"): 0.947,
    ("llama2-7b-a100", "code"): 0.931,
    ("llama2-7b-a100", "reasoning"): 0.978,
    ("llama2-7b-a100", "chat+code"): 0.916,
    ("llama-70b-h100-tp4", "chat"): 0.877,
    ("llama-70b-h100-tp4", "code"): 0.869,
    ("llama-70b-h100-tp4", "reasoning"): 0.845,
    ("llama-70b-h100-tp4", "chat+code"): 0.861,
    ("llama-70b-h100-tp8", "chat"): 0.869,
    ("llama-70b-h100-tp8", "code"): 0.861,
    ("llama-70b-h100-tp8", "reasoning"): 0.869,
    ("llama-70b-h100-tp8", "chat+code"): 0.853,
}
"""Of the fluid rate, what first come first served sustains, by engine and applications.

Bisected over 8,000 requests in scarce memory: `python -m tests.bench.saturation 8000`.
"""

TYPICAL_SHARE = statistics.median(FCFS_SHARES.values())  # recorded traces, calibrated engines


def sustained_rate_per_s(
    engine: CostModel, demand: Demand, kv_capacity_tokens: int, applications: str = ""
) -> float:
    """Requests per second at which first come first served still keeps up: load 1.0."""
    share = FCFS_SHARES.get((engine.name, applications), TYPICAL_SHARE)
    return share * fluid_rate_per_s(engine, demand, kv_capacity_tokens)

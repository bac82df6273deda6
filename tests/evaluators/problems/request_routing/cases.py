"""Small instances to draw, and ways to play them."""

from __future__ import annotations

import dataclasses

import numpy as np
from hypothesis import strategies as st

from evaluators.engines.cost_model import ENGINES
from evaluators.engines.prefix_cache import BLOCK_TOKENS
from evaluators.problems.request_routing.instance import Instance, Outage
from evaluators.problems.request_routing.simulator import HOLD, routing_episode

A100, H100 = ENGINES[1], ENGINES[0]


def instance_with(prompts, **changes):
    """Requests a second apart; `prompts` has the blocks of each, the last one half full."""
    count = len(prompts)
    tokens = [BLOCK_TOKENS * len(own) - BLOCK_TOKENS // 2 for own in prompts]
    plain = Instance(
        engines=(A100, A100),
        cache_blocks=64,
        report_s=0.1,
        outages=(),
        arrival_s=np.arange(count, dtype=float),
        prompt_tokens=np.array(tokens),
        output_tokens=np.full(count, 20),
        ttft_slo_s=np.full(count, 1.0),
        blocks=tuple(tuple(own) for own in prompts),
        warmup=0,
    )
    return dataclasses.replace(plain, **changes)


@st.composite
def instances(draw, most_requests=14):
    """Prompts that share beginnings, on two or three engines, with reports, caches and outages."""
    count = draw(st.integers(1, most_requests))
    stems = draw(st.lists(st.integers(0, 2), min_size=count, max_size=count))
    lengths = draw(st.lists(st.integers(1, 12), min_size=count, max_size=count))
    prompts = [
        [0, *(100 * stem + i for i in range(1, n)), 1000 + k]
        for k, (stem, n) in enumerate(zip(stems, lengths, strict=True))
    ]
    gaps = draw(st.lists(st.sampled_from([0, 0.02, 0.4]), min_size=count, max_size=count))
    engines = draw(st.sampled_from([(A100, A100), (A100, H100), (A100, A100, H100)]))
    memory = draw(st.sampled_from([8_000, 440_000]))
    arrival_s = np.cumsum([0.0, *gaps[1:]])
    fails_s = 0.3 * float(arrival_s[-1])
    outage = Outage(0, fails_s, fails_s + 0.5)
    return instance_with(
        prompts,
        engines=tuple(dataclasses.replace(e, kv_capacity_tokens=memory) for e in engines),
        cache_blocks=draw(st.sampled_from([0, 9, 1000])),
        report_s=draw(st.sampled_from([0.0, 0.1, 3.0])),
        outages=draw(st.sampled_from([(), (outage,)])),
        arrival_s=arrival_s,
        output_tokens=np.array(draw(st.lists(st.integers(1, 90), min_size=count, max_size=count))),
        ttft_slo_s=np.full(count, draw(st.sampled_from([0.05, 0.2, 1.0]))),
        warmup=draw(st.integers(0, count - 1)),
    )


def play(instance, choose):
    """The measurements, and all that was seen; `choose` maps an observation to a replica."""
    episode, seen = routing_episode(instance), []
    try:
        seen.append(next(episode))
        while True:
            seen.append(episode.send({"replica": choose(seen[-1])}))
    except StopIteration as end:
        return end.value, seen


def at_random(rng):
    """Any replica that is up, or a hold."""

    def choose(seen):
        up = np.flatnonzero(seen["replicas"]["is_up"]).tolist()
        return int(rng.choice([*up, HOLD] if seen["holds_left"] else up))

    return choose

"""Iterations that tell the cost model's constants apart, and others to judge the fit by.

Decoding alone varies the requests and what they read; chunks alone vary tokens and pairs with one
request in the iteration; many small chunks tell a request's cost from a token's; both together are
what a loaded engine computes most.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from evaluators.engines.gpu.iteration import Chunk, Decode, Engine, Iteration
from evaluators.engines.gpu.shapes import Shape

UNEVEN = 0.5  # lengths of decoding requests lie evenly within this share of their mean
MOST_CONTEXT_TOKENS = 16_384  # of one request
MOST_TRIES = 1000  # to draw an iteration that fits


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest iterations that are measured: the range in which the constants hold."""

    kv_capacity_tokens: int
    max_running: int
    context_tokens: int  # of one request
    chunk_tokens: int  # of one iteration

    def hold(self, iteration: Iteration) -> bool:
        """Whether this can be computed: positions, memory and requests."""
        ends = [c.stop for c in iteration.chunks] + [d.kv_tokens + 1 for d in iteration.decodes]
        return (
            max(ends) <= self.context_tokens
            and sum(ends) <= self.kv_capacity_tokens
            and len(ends) <= self.max_running
        )


def limits_of(shape: Shape, kv_tokens: int, max_running: int) -> Limits:
    """As far as memory and positions go; an iteration computes up to half of the longest prompt."""
    context = min(shape.context_tokens, MOST_CONTEXT_TOKENS, kv_tokens)
    return Limits(kv_tokens, max_running, context, context // 2)


def designed(limits: Limits, rng: np.random.Generator) -> list[Iteration]:
    """What the constants are fitted to."""
    context, chunk = limits.context_tokens, limits.chunk_tokens
    batches = sorted({max(1, limits.max_running // k) for k in (1, 4, 16, 64, 256)})
    sizes = sorted({max(1, chunk // k) for k in (1, 2, 4, 8, 16, 32, 64, 512)})
    made: list[Iteration] = []
    for batch in batches:
        fills = (limits.kv_capacity_tokens * share // batch for share in (0.25, 0.6))
        for mean in sorted({*(context // k for k in (256, 32, 8, 2)), *map(int, fills)}):
            made.append(_made([], _lengths(rng, batch, mean)))
    for size in sizes:
        for start in (0, (context - size) // 4, context - size):
            made.append(_made([(start, size)], []))
    for count, size in ((4, chunk // 32), (16, chunk // 64), (limits.max_running, chunk // 512)):
        made.append(_made([(0, max(1, size))] * count, []))
    for size in (chunk // 32, chunk // 8, chunk // 2):
        for batch in batches[1:]:
            lengths = _lengths(rng, batch, context // 16)
            made.append(_made([(context // 8, size)], lengths))
    return [iteration for iteration in made if limits.hold(iteration)]


def held_out(limits: Limits, rng: np.random.Generator, count: int) -> list[Iteration]:
    """Iterations as a policy might plan them, drawn at random; nothing is fitted to them."""
    return [_drawn(limits, rng) for _ in range(count)]


def _drawn(limits: Limits, rng: np.random.Generator) -> Iteration:
    for _ in range(MOST_TRIES):
        kind = rng.choice(["decodes", "both", "chunks"], p=[0.4, 0.4, 0.2])
        batch = 0 if kind == "chunks" else _log_uniform(rng, limits.max_running)
        mean = _log_uniform(rng, limits.context_tokens // 2)
        chunks = []
        if kind != "decodes":
            for _ in range(int(rng.integers(1, 4))):
                size = _log_uniform(rng, limits.chunk_tokens // 3)
                start = int(rng.choice([0, _log_uniform(rng, limits.context_tokens)]))
                chunks.append((start, size))
        iteration = _made(chunks, _lengths(rng, batch, mean))
        if limits.hold(iteration):
            return iteration
    raise ValueError(f"nothing fits into {limits}")


def _log_uniform(rng: np.random.Generator, most: int) -> int:
    return int(np.exp(rng.uniform(0, np.log(most))))


def _lengths(rng: np.random.Generator, batch: int, mean: int) -> list[int]:
    drawn = rng.uniform(1 - UNEVEN, 1 + UNEVEN, batch) * mean
    return [max(1, int(length)) for length in drawn]


def _made(chunks: Sequence[tuple[int, int]], lengths: Sequence[int]) -> Iteration:
    """From (start, tokens) of each chunk, and what each decoding request has in the cache."""
    decodes = [Decode(len(chunks) + i, length) for i, length in enumerate(lengths)]
    parts = [Chunk(i, start, start + size, True) for i, (start, size) in enumerate(chunks)]
    return Iteration(parts, decodes)


def timed(
    engine: Engine, iterations: Sequence[Iteration], rng: np.random.Generator, rounds: int
) -> np.ndarray:
    """float64[m]: seconds of each, the median over the rounds.

    In every round the iterations come in another order, so that a clock that changes meets all
    alike; each is computed once before it is timed twice, in memory that it then has already.
    """
    samples: list[list[float]] = [[] for _ in iterations]
    for _ in range(rounds):
        for index in rng.permutation(len(iterations)).tolist():
            samples[index] += _sampled(engine, iterations[index])
    return np.array([median(of_one) for of_one in samples])


def _sampled(engine: Engine, iteration: Iteration) -> Iterator[float]:
    prompts = {c.request: c.stop for c in iteration.chunks}
    prompts |= {d.request: d.kv_tokens + 1 for d in iteration.decodes}
    engine.begin(np.array([prompts[request] for request in range(len(prompts))]))
    engine.execute(iteration)
    yield engine.execute(iteration)
    yield engine.execute(iteration)

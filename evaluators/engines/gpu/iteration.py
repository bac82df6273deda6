"""What one iteration of a serving engine computes, and who computes it.

A request's tokens are numbered from 0: prompt first, then what it emitted. Its KV cache holds the
tokens before some number; an iteration computes chunks of further ones, or the last one emitted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from evaluators.engines.cost_model import CostModel
from evaluators.engines.gpu.clock import VirtualClock


@dataclass(frozen=True, slots=True)
class Chunk:
    """Tokens `start` <= i < `stop` of a request; with the last of its prefill it emits the next."""

    request: int
    start: int
    stop: int
    emits: bool


@dataclass(frozen=True, slots=True)
class Decode:
    """The last token that a request emitted, after `kv_tokens` in its cache; it emits the next."""

    request: int
    kv_tokens: int


@dataclass(frozen=True, slots=True)
class Iteration:
    """Chunks of prompts and decoding requests that are computed together."""

    chunks: Sequence[Chunk]
    decodes: Sequence[Decode]

    def requests(self) -> list[int]:
        """Whose tokens are computed."""
        return [c.request for c in self.chunks] + [d.request for d in self.decodes]

    def terms(self) -> tuple[float, float, float, float, float]:
        """What each coefficient of `CostModel` is multiplied by: (1, n, P, K, B)."""
        sizes = [c.stop - c.start for c in self.chunks]
        pairs = sum(size * (c.start + size / 2) for c, size in zip(self.chunks, sizes, strict=True))
        read = sum(d.kv_tokens for d in self.decodes)
        requests = len(self.chunks) + len(self.decodes)
        return (1.0, float(sum(sizes) + len(self.decodes)), pairs, float(read), float(requests))


class Engine(Protocol):
    """What computes iterations, or in tests only says how long they take."""

    kv_capacity_tokens: int
    max_running: int

    def begin(self, prompt_tokens: np.ndarray) -> None:
        """Forget everything; int64[n] prompts are to come, request i of `prompt_tokens[i]`."""
        ...

    def execute(self, iteration: Iteration) -> float:
        """Compute it to its end; the seconds that took."""
        ...

    def release(self, request: int) -> None:
        """The cache of a request is not needed any more; its tokens are kept."""
        ...


class SyntheticEngine:
    """Takes exactly the cost model's time, on a clock of its own: no device at all.

    `noise` is the relative standard deviation of an iteration's time, drawn from `rng`.
    """

    def __init__(
        self,
        cost: CostModel,
        clock: VirtualClock,
        rng: np.random.Generator | None = None,
        noise: float = 0.0,
    ) -> None:
        self.kv_capacity_tokens, self.max_running = cost.kv_capacity_tokens, cost.max_running
        self._cost, self._clock, self._rng, self._noise = cost, clock, rng, noise

    def begin(self, prompt_tokens: np.ndarray) -> None:
        """Nothing is kept."""

    def execute(self, iteration: Iteration) -> float:
        fixed, tokens, pairs, read, requests = iteration.terms()
        cost = self._cost
        took_s = (
            cost.iteration_s * fixed
            + cost.token_s * tokens
            + cost.pair_s * pairs
            + cost.sequence_s * requests
            + cost.kv_token_s * read
        )
        if self._rng is not None:
            took_s *= 1 + self._noise * float(self._rng.standard_normal())
        self._clock.wait_until(self._clock.now_s() + took_s)
        return took_s

    def release(self, request: int) -> None:
        """Nothing is kept."""

"""The decoding requests of an engine, kept lazily: an iteration costs O(1), whatever the batch.

One counter of decode iterations stands for everybody's progress; a request is stored by the value
that the counter had when it joined and will have when it is done. The KV cache that the batch reads
is one sum.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator


class DecodeBatch:
    """Requests that emit one token each per decode iteration.

    `iterations` counts decode iterations since the start, `size` the requests in the batch and
    `kv_tokens` their KV cache.
    """

    __slots__ = ("_done_at", "_due", "_offset", "iterations", "kv_tokens", "size")

    def __init__(self) -> None:
        self.iterations = 0
        self.size = 0
        self.kv_tokens = 0
        self._offset: dict[int, int] = {}  # request -> its KV tokens less `iterations`
        self._done_at: dict[int, int] = {}  # request -> value of `iterations` at its last token
        self._due: list[tuple[int, int]] = []  # heap of (done_at, request); stale ones are skipped

    def __contains__(self, request: int) -> bool:
        return request in self._offset

    def held(self) -> Iterator[tuple[int, int]]:
        """Every request and the KV tokens that it holds, in order of joining."""
        return ((request, offset + self.iterations) for request, offset in self._offset.items())

    def join(self, request: int, kv_tokens: int, tokens_left: int) -> None:
        """Add a request that holds `kv_tokens` and has `tokens_left` >= 1 to emit."""
        self._offset[request] = kv_tokens - self.iterations
        self._done_at[request] = self.iterations + tokens_left
        heapq.heappush(self._due, (self.iterations + tokens_left, request))
        self.size += 1
        self.kv_tokens += kv_tokens

    def leave(self, request: int) -> tuple[int, int]:
        """Remove a request; the KV tokens that it held and the tokens that it had left to emit."""
        kv_tokens = self._offset.pop(request) + self.iterations
        tokens_left = self._done_at.pop(request) - self.iterations
        self.size -= 1
        self.kv_tokens -= kv_tokens
        return kv_tokens, tokens_left

    def advance(self, iterations: int) -> None:
        """Everybody emits `iterations` tokens, each of which enters the KV cache."""
        self.iterations += iterations
        self.kv_tokens += iterations * self.size

    def iterations_to_finish(self) -> int:
        """Iterations until the next request is done; the batch must not be empty."""
        due = self._due
        while self._done_at.get(due[0][1]) != due[0][0]:
            heapq.heappop(due)
        return due[0][0] - self.iterations

    def finished(self) -> list[int]:
        """The requests that have emitted their last token, not yet removed."""
        due, done = self._due, []
        while due and due[0][0] <= self.iterations:
            done_at, request = heapq.heappop(due)
            if self._done_at.get(request) == done_at and request not in done:
                done.append(request)
        return done


def iterations_to_last(duration_s: float, first_s: float, growth_s: float) -> int:
    """The fewest iterations (at least 1) that together take at least `duration_s`.

    Iteration i = 0, 1, ... takes `first_s + i * growth_s`.
    """
    linear = first_s - growth_s / 2
    root = 2 * duration_s / (linear + math.sqrt(linear * linear + 2 * growth_s * duration_s))
    count = max(1, math.ceil(root))
    while count > 1 and stretch_s(count - 1, first_s, growth_s) >= duration_s:
        count -= 1
    while stretch_s(count, first_s, growth_s) < duration_s:
        count += 1
    return count


def stretch_s(iterations: int, first_s: float, growth_s: float) -> float:
    """Seconds of so many iterations, the first of `first_s` and each longer by `growth_s`."""
    return iterations * first_s + growth_s * (iterations * (iterations - 1) / 2)

"""One of several serving engines, under a fixed rule and with a prefix cache.

Iterations, memory and preemption are those of `serving.ServingEngine` under the plan "first come
first served, decode in every iteration, chunks of `chunk_tokens`": without a cache the times are
equal (tested). What differs: requests are handed over one by one while the clock runs; prompts
begin after the blocks that the prefix cache has; the engine can fail and lose all.

`advance(t)` ends on the last iteration boundary at or before t, so nothing after t is known.
"""

from __future__ import annotations

import math
from bisect import insort
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from evaluators.engines.cost_model import CostModel
from evaluators.engines.decoding import DecodeBatch, iterations_to_last, stretch_s
from evaluators.engines.prefix_cache import PrefixCache, tokens_found


@dataclass(slots=True)
class Served:
    """What all engines share: the requests, by index, and what has become of each."""

    prompt_tokens: Sequence[int]
    output_tokens: Sequence[int]
    blocks: Sequence[Sequence[int]]  # of each prompt
    generated: list[int] = field(init=False)  # tokens emitted up to its last preemption or loss
    first_token_s: list[float] = field(init=False)  # inf: not yet
    finish_s: list[float] = field(init=False)
    computed_tokens: list[int] = field(init=False)  # by prefills, also those that were lost

    def __post_init__(self) -> None:
        count = len(self.prompt_tokens)
        self.generated, self.computed_tokens = [0] * count, [0] * count
        self.first_token_s, self.finish_s = [math.inf] * count, [math.inf] * count


class Replica:
    """An engine that serves what is handed over, first come first served.

    `prefill_s` has the seconds that each request's chunks added here. A request's prompt and
    output together must fit into the engine's memory.
    """

    def __init__(
        self, cost: CostModel, chunk_tokens: int, cache: PrefixCache, served: Served
    ) -> None:
        self.cost = cost
        self.cache = cache
        self.prefill_s: dict[int, float] = {}
        self.preemptions = 0
        self._served = served
        self._chunk_tokens = chunk_tokens
        self._stop(0.0)

    def _stop(self, now_s: float) -> None:
        """Nothing is here."""
        self.now_s = now_s
        self._incoming: deque[tuple[float, int]] = deque()  # handed over during an iteration
        self._waiting: list[int] = []  # by index: a preempted one goes back to its place
        self._running: list[int] = []  # in order of admission
        self._prefills: list[int] = []
        self._decodes = DecodeBatch()
        self._target: dict[int, int] = {}  # tokens that the prefill of a request ends with
        self._done: dict[int, int] = {}  # of which so many are there
        self._prefill_kv_tokens = 0
        self._iteration: tuple[float, list[tuple[int, int]]] | None = None  # its end, its chunks
        self._has_news = False  # since admission was last tried

    # --- what the gateway sees

    @property
    def num_waiting(self) -> int:
        """Requests that are not admitted."""
        return len(self._waiting) + len(self._incoming)

    @property
    def num_running(self) -> int:
        """Requests in prefill or decoding."""
        return len(self._running)

    @property
    def queued_tokens(self) -> int:
        """Prompt tokens still to be computed, those in the cache counted until admission."""
        due = sum(self._target[r] - self._done[r] for r in self._prefills)
        return due + self.waiting_tokens

    @property
    def waiting_tokens(self) -> int:
        """Tokens of memory that the waiting requests will take when admitted."""
        target = self._target
        return sum(target[r] for r in self._waiting) + sum(target[r] for _, r in self._incoming)

    @property
    def kv_free_tokens(self) -> int:
        """Tokens of KV memory that are not held."""
        held: int = self._prefill_kv_tokens + self._decodes.kv_tokens
        return self.cost.kv_capacity_tokens - held

    # --- what happens

    def submit(self, request: int, at_s: float) -> None:
        """Hand a request over; the engine has been advanced to `at_s`."""
        served = self._served
        self._target[request] = served.prompt_tokens[request] + served.generated[request]
        self._incoming.append((at_s, request))

    def advance(self, until_s: float) -> None:
        """Go on to the last iteration boundary at or before `until_s`."""
        while self._step(until_s):
            pass

    def fail(self, at_s: float) -> list[int]:
        """Lose memory and cache; the requests that were here, by index."""
        self.advance(at_s)
        lost = sorted([*self._running, *self._waiting, *(r for _, r in self._incoming)])
        for request in self._running:
            if request in self._decodes:
                self._leave(request)
        self._stop(at_s)
        self.cache.clear()
        return lost

    def _step(self, until_s: float) -> bool:
        """One iteration, stretch or idle time; False when nothing more ends before `until_s`."""
        if self._iteration:
            if self._iteration[0] > until_s:
                return False
            self._end_iteration(*self._iteration)
            return True
        if self.now_s >= until_s:  # more may arrive at this instant
            return False
        self._receive()
        if self.kv_free_tokens < self._decodes.size:
            self._make_room()
        elif self._has_news and self._waiting:
            self._admit()
        if self._prefills:
            self._begin_iteration()
            return True
        if self._decodes.size:
            return self._decode(until_s)
        if self._incoming:
            self.now_s = self._incoming[0][0]
        return bool(self._incoming)

    def _receive(self) -> None:
        while self._incoming and self._incoming[0][0] <= self.now_s:
            insort(self._waiting, self._incoming.popleft()[1])
            self._has_news = True

    def _make_room(self) -> None:
        """Preempt the last admitted until the next decode iteration fits."""
        self._has_news = False
        while self.kv_free_tokens < self._decodes.size:
            request = self._running.pop()
            if request in self._decodes:
                self._leave(request)
            else:
                self._prefills.remove(request)
                self._prefill_kv_tokens -= self._target[request]
            generated = self._served.generated[request]
            self._target[request] = self._served.prompt_tokens[request] + generated
            insort(self._waiting, request)
            self.preemptions += 1

    def _leave(self, request: int) -> None:
        _, left = self._decodes.leave(request)
        self._served.generated[request] = self._served.output_tokens[request] - left

    def _admit(self) -> None:
        """In order, while the whole prompt fits beside the next token of every decoding request."""
        self._has_news = False
        while self._waiting and len(self._running) < self.cost.max_running:
            request = self._waiting[0]
            if self._target[request] > self.kv_free_tokens - self._decodes.size:
                return
            self._waiting.pop(0)
            blocks = self._served.blocks[request]
            prompt_tokens = self._served.prompt_tokens[request]
            self._done[request] = tokens_found(self.cache.matched(blocks), prompt_tokens)
            self._prefill_kv_tokens += self._target[request]
            self._running.append(request)
            self._prefills.append(request)

    def _begin_iteration(self) -> None:
        """Chunks of the oldest prefills, and a token of every decoding request."""
        cost, decodes = self.cost, self._decodes
        left, chunks = self._chunk_tokens, []
        took_s = cost.iteration_s
        for request in self._prefills:
            done = self._done[request]
            chunk = min(self._target[request] - done, left)
            chunk_s = cost.token_s * chunk + cost.pair_s * chunk * (done + chunk / 2)
            chunk_s += cost.sequence_s
            self.prefill_s[request] = self.prefill_s.get(request, 0.0) + chunk_s
            took_s += chunk_s
            chunks.append((request, chunk))
            left -= chunk
            if not left:
                break
        if decodes.size:
            took_s += (cost.token_s + cost.sequence_s) * decodes.size
            took_s += cost.kv_token_s * decodes.kv_tokens
        self._iteration = (self.now_s + took_s, chunks)

    def _end_iteration(self, end_s: float, chunks: list[tuple[int, int]]) -> None:
        self.now_s, self._iteration = end_s, None
        if self._decodes.size:
            self._decodes.advance(1)
        for request, chunk in chunks:
            self._done[request] += chunk
            self._served.computed_tokens[request] += chunk
            if self._done[request] == self._target[request]:
                self._end_prefill(request)
        self._finish_decoded()

    def _end_prefill(self, request: int) -> None:
        """It ends with a token; then the request decodes, or is finished."""
        served = self._served
        self._prefills.remove(request)
        self._prefill_kv_tokens -= self._target[request]
        self.cache.keep(served.blocks[request])
        served.first_token_s[request] = min(served.first_token_s[request], self.now_s)
        served.generated[request] += 1
        self._has_news = True
        left = served.output_tokens[request] - served.generated[request]
        if left:
            self._decodes.join(request, self._target[request], left)
        else:
            self._finish(request)

    def _decode(self, until_s: float) -> bool:
        """As many decode iterations as pass before anything can happen, in closed form."""
        cost, batch = self.cost, self._decodes
        size = batch.size
        per_request_s = cost.token_s + cost.sequence_s
        first_s = cost.iteration_s + per_request_s * size + cost.kv_token_s * batch.kv_tokens
        growth_s = cost.kv_token_s * size
        count = min(batch.iterations_to_finish(), self.kv_free_tokens // size)
        if self._incoming:
            wait_s = self._incoming[0][0] - self.now_s
            count = min(count, iterations_to_last(wait_s, first_s, growth_s))
        left_s = until_s - self.now_s
        if stretch_s(count, first_s, growth_s) > left_s:
            count = iterations_to_last(left_s, first_s, growth_s)
            count -= stretch_s(count, first_s, growth_s) > left_s
        self.now_s += stretch_s(count, first_s, growth_s)
        batch.advance(count)
        self._finish_decoded()
        return count > 0

    def _finish_decoded(self) -> None:
        for request in self._decodes.finished():
            self._leave(request)
            self._finish(request)

    def _finish(self, request: int) -> None:
        self._served.finish_s[request] = self.now_s
        self._running.remove(request)
        self._has_news = True

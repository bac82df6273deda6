"""One of several serving engines, under a fixed rule and with a prefix cache.

Iterations, memory and preemption are those of `serving.ServingEngine` under the plan "first come
first served, decode in every iteration, chunks of `chunk_tokens`": without a cache the times are
equal (tested). What differs: requests are handed over one by one while the clock runs; prompts
begin after the blocks that the prefix cache has; the engine can fail and lose all.

`advance(t)` ends on the last iteration boundary at or before t, so nothing after t is known.
"""

from __future__ import annotations

from collections import deque

from evaluators.engines.cost_model import CostModel
from evaluators.engines.decoding import iterations_to_last, stretch_s
from evaluators.engines.prefix_cache import PrefixCache
from evaluators.engines.roster import Roster, Served


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
        self.now_s = 0.0
        self._served = served
        self._chunk_tokens = chunk_tokens
        self._incoming: deque[tuple[float, int]] = deque()  # handed over during an iteration
        self._roster = Roster(cost, cache, served)
        self._iteration: tuple[float, list[tuple[int, int]]] | None = None  # its end, its chunks
        self._preemptions_before = 0  # the last failure

    @property
    def num_waiting(self) -> int:
        """Requests that are not admitted."""
        return len(self._roster.waiting) + len(self._incoming)

    @property
    def num_running(self) -> int:
        """Requests in prefill or decoding."""
        return len(self._roster.running)

    @property
    def waiting_tokens(self) -> int:
        """Tokens of memory that the waiting requests will take when admitted."""
        incoming = sum(self._served.prefill_tokens(r) for _, r in self._incoming)
        return self._roster.waiting_tokens + incoming

    @property
    def queued_tokens(self) -> int:
        """Prompt tokens still to be computed, those in the cache counted until admission."""
        return self._roster.prefill_tokens_left + self.waiting_tokens

    @property
    def kv_free_tokens(self) -> int:
        """Tokens of KV memory that are not held."""
        return self._roster.kv_free_tokens

    @property
    def preemptions(self) -> int:
        """How often a request lost its memory to others."""
        return self._preemptions_before + self._roster.preemptions

    def submit(self, request: int, at_s: float) -> None:
        """Hand a request over; the engine has been advanced to `at_s`."""
        self._incoming.append((at_s, request))

    def advance(self, until_s: float) -> None:
        """Go on to the last iteration boundary at or before `until_s`."""
        while self._step(until_s):
            pass

    def fail(self, at_s: float) -> list[int]:
        """Lose memory and cache; the requests that were here, by index."""
        self.advance(at_s)
        lost = sorted([*self._roster.give_up(), *(r for _, r in self._incoming)])
        self._preemptions_before = self.preemptions
        self._roster = Roster(self.cost, self.cache, self._served)
        self._incoming.clear()
        self._iteration = None
        self.now_s = at_s
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
        while self._incoming and self._incoming[0][0] <= self.now_s:
            self._roster.enter(self._incoming.popleft()[1])
        self._roster.fill()
        if self._roster.prefills:
            self._begin_iteration()
            return True
        if self._roster.decodes.size:
            return self._decode(until_s)
        if self._incoming:
            self.now_s = self._incoming[0][0]
        return bool(self._incoming)

    def _begin_iteration(self) -> None:
        """Chunks of the oldest prefills, and a token of every decoding request."""
        cost, roster = self.cost, self._roster
        left, chunks = self._chunk_tokens, []
        took_s = cost.iteration_s
        for request in roster.prefills:
            done = roster.done[request]
            chunk = min(roster.target[request] - done, left)
            chunk_s = cost.token_s * chunk + cost.pair_s * chunk * (done + chunk / 2)
            chunk_s += cost.sequence_s
            self.prefill_s[request] = self.prefill_s.get(request, 0.0) + chunk_s
            took_s += chunk_s
            chunks.append((request, chunk))
            left -= chunk
            if not left:
                break
        if roster.decodes.size:
            took_s += (cost.token_s + cost.sequence_s) * roster.decodes.size
            took_s += cost.kv_token_s * roster.decodes.kv_tokens
        self._iteration = (self.now_s + took_s, chunks)

    def _end_iteration(self, end_s: float, chunks: list[tuple[int, int]]) -> None:
        self.now_s, self._iteration = end_s, None
        if self._roster.decodes.size:
            self._roster.decodes.advance(1)
        for request, tokens in chunks:
            self._roster.compute(request, tokens, end_s)
        self._roster.decode(0, end_s)

    def _decode(self, until_s: float) -> bool:
        """As many decode iterations as pass before anything can happen, in closed form."""
        cost, batch = self.cost, self._roster.decodes
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
        self._roster.decode(count, self.now_s)
        return count > 0

"""Who waits in an engine, who runs, and what memory that takes: first come first served.

The memory rule is that of `serving.ServingEngine` (vLLM's `scheduler_reserve_full_isl`): a request
is admitted when its whole prompt fits beside the next token of every decoding request; when the
next decode iteration does not fit, the last admitted are preempted until it does.
"""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass, field

from evaluators.engines.cost_model import CostModel
from evaluators.engines.decoding import DecodeBatch
from evaluators.engines.prefix_cache import PrefixCache, tokens_found


@dataclass(slots=True)
class Served:
    """What all engines share: the requests, by index, and what has become of each."""

    prompt_tokens: Sequence[int]
    output_tokens: Sequence[int]
    blocks: Sequence[Sequence[int]]  # of each prompt
    generated: list[int] = field(init=False)  # tokens emitted, less those of the present decoding
    first_token_s: list[float] = field(init=False)  # inf: not yet
    finish_s: list[float] = field(init=False)
    computed_tokens: list[int] = field(init=False)  # by prefills, also those that were lost

    def __post_init__(self) -> None:
        count = len(self.prompt_tokens)
        self.generated, self.computed_tokens = [0] * count, [0] * count
        self.first_token_s, self.finish_s = [math.inf] * count, [math.inf] * count

    def prefill_tokens(self, request: int) -> int:
        """What its next prefill ends with: the prompt, and what was generated before."""
        return self.prompt_tokens[request] + self.generated[request]


class Roster:
    """The requests of one engine. `waiting` is in the order of first coming, `running` in that of
    admission.
    """

    def __init__(self, cost: CostModel, cache: PrefixCache, served: Served) -> None:
        self.waiting: list[int] = []
        self.waiting_tokens = 0  # of memory that they will take when admitted
        self.running: list[int] = []
        self.prefills: list[int] = []  # of the running, those whose prompt is not computed yet
        self.decodes = DecodeBatch()  # the others
        self.target: dict[int, int] = {}  # tokens that the prefill of a request ends with
        self.done: dict[int, int] = {}  # of which so many are there
        self.preemptions = 0
        self._place: dict[int, int] = {}  # of a request among all that ever came
        self._cost, self._cache, self._served = cost, cache, served
        self._prefill_kv_tokens = 0
        self._has_news = False  # since admission was last tried

    @property
    def prefill_tokens_left(self) -> int:
        """Tokens still to be computed of running requests' prompts."""
        return sum(self.target[r] - self.done[r] for r in self.prefills)

    @property
    def kv_free_tokens(self) -> int:
        """Tokens of KV memory that are not held."""
        held: int = self._prefill_kv_tokens + self.decodes.kv_tokens
        return self._cost.kv_capacity_tokens - held

    def enter(self, request: int) -> None:
        """A request waits from now on: behind all others, or where it was before a preemption."""
        self.target[request] = tokens = self._served.prefill_tokens(request)
        self.waiting_tokens += tokens
        self._place.setdefault(request, len(self._place))
        insort(self.waiting, request, key=self._place.__getitem__)
        self._has_news = True

    def fill(self) -> None:
        """Make room for the next decode iteration, or admit what fits since something changed."""
        if self.kv_free_tokens < self.decodes.size:
            self._make_room()
            self._has_news = False
        elif self._has_news:
            self._admit()
            self._has_news = False

    def _make_room(self) -> None:
        while self.kv_free_tokens < self.decodes.size:
            request = self.running.pop()
            if request in self.decodes:
                self._leave(request)
            else:
                self.prefills.remove(request)
                self._prefill_kv_tokens -= self.target[request]
            self.enter(request)
            self.preemptions += 1

    def _admit(self) -> None:
        while self.waiting and len(self.running) < self._cost.max_running:
            request = self.waiting[0]
            if self.target[request] > self.kv_free_tokens - self.decodes.size:
                return
            self.waiting.pop(0)
            self.waiting_tokens -= self.target[request]
            matched = self._cache.matched(self._served.blocks[request])
            self.done[request] = tokens_found(matched, self._served.prompt_tokens[request])
            self._prefill_kv_tokens += self.target[request]
            self.running.append(request)
            self.prefills.append(request)

    def compute(self, request: int, tokens: int, now_s: float) -> None:
        """A chunk of a prompt is done; the last one ends with a token."""
        self.done[request] += tokens
        self._served.computed_tokens[request] += tokens
        if self.done[request] == self.target[request]:
            self._end_prefill(request, now_s)

    def _end_prefill(self, request: int, now_s: float) -> None:
        served = self._served
        self.prefills.remove(request)
        self._prefill_kv_tokens -= self.target[request]
        self._cache.keep(served.blocks[request])
        served.first_token_s[request] = min(served.first_token_s[request], now_s)
        served.generated[request] += 1
        self._has_news = True
        left = served.output_tokens[request] - served.generated[request]
        if left:
            self.decodes.join(request, self.target[request], left)
        else:
            self._finish(request, now_s)

    def decode(self, iterations: int, now_s: float) -> None:
        """Everybody who decodes has emitted so many tokens; some are finished at `now_s`."""
        self.decodes.advance(iterations)
        for request in self.decodes.finished():
            self._leave(request)
            self._finish(request, now_s)

    def _leave(self, request: int) -> None:
        _, left = self.decodes.leave(request)
        self._served.generated[request] = self._served.output_tokens[request] - left

    def _finish(self, request: int, now_s: float) -> None:
        self._served.finish_s[request] = now_s
        self.running.remove(request)
        self._has_news = True

    def give_up(self) -> list[int]:
        """The requests, by index; what they have generated is noted."""
        for request in self.running:
            if request in self.decodes:
                self._leave(request)
        return sorted([*self.running, *self.waiting])

"""A second serving engine, written for nothing but to agree: every request by itself, no jumps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaluators.engines.cost_model import CostModel
from evaluators.engines.serving import AS_RESERVED, Requests, Rules


@dataclass
class _Request:
    index: int
    prompt: int
    output: int
    generated: int = 0
    computed: int = 0  # of the current prefill
    kv: int = 0  # reserved or grown
    decoding: bool = False

    @property
    def target(self) -> int:
        return self.prompt + self.generated


class NaiveEngine:
    """First come first served with a fixed budget; decodes along with prefills or after them."""

    def __init__(
        self,
        requests: Requests,
        cost: CostModel,
        budget: int,
        decode_first: bool,
        rules: Rules = AS_RESERVED,
    ) -> None:
        self.rules = rules
        last_s = float(requests.arrival_s[-1])
        self.restarts_s = [last_s * (i + 1) / (rules.restarts + 1) for i in range(rules.restarts)]
        self.cost, self.budget, self.decode_first = cost, budget, decode_first
        self.now_s = 0.0
        self.future = [
            (float(a), _Request(i, int(p), int(o)))
            for i, (a, p, o) in enumerate(
                zip(requests.arrival_s, requests.prompt_tokens, requests.output_tokens, strict=True)
            )
        ]
        self.waiting: list[_Request] = []
        self.running: list[_Request] = []
        self.event = False
        self.preemptions = 0
        self.first_token_s = np.full(len(self.future), np.inf)
        self.finish_s = np.full(len(self.future), np.inf)

    def run(self) -> None:
        while self.future or self.waiting or self.running:
            while self.restarts_s and self.restarts_s[0] <= self.now_s:
                self._restart()
            while self.future and self.future[0][0] <= self.now_s:
                self.waiting.append(self.future.pop(0)[1])
                self.event = True
            self._decide()
            if self.running:
                self._iterate()
            else:
                self.now_s = min(self.future[0][0], *self.restarts_s[:1], np.inf)

    def _restart(self) -> None:
        del self.restarts_s[0]
        while self.running:
            self._preempt(self.running.pop())
        self.now_s += self.rules.restart_s
        self.event = True

    def _free(self) -> int:
        return self.cost.kv_capacity_tokens - sum(r.kv for r in self.running)

    def _decoding(self) -> list[_Request]:
        return [r for r in self.running if r.decoding]

    def _decide(self) -> None:
        is_full = self._is_full()
        if not (is_full or (self.event and self.waiting)):
            return
        self.event = False
        while self._is_full():
            self._preempt(self.running.pop())
        while not is_full and self.waiting and len(self.running) < self.cost.max_running:
            head = self.waiting[0]
            unstarted = [r for r in self.running if not (r.decoding or r.computed or r.kv)]
            promised = sum(self._at_first(r) for r in (*unstarted, head))
            if promised + len(self._decoding()) > self._free():
                break
            head.kv = head.target if self.rules.reserve_full_prompt else 0
            self.running.append(self.waiting.pop(0))

    def _is_full(self) -> bool:
        if self.rules.reserve_full_prompt or self._decoding():
            return self._free() < len(self._decoding())
        return bool(self.running) and self._free() < 1

    def _preempt(self, victim: _Request) -> None:
        victim.kv = victim.computed = 0
        victim.decoding = False
        self.waiting = sorted([*self.waiting, victim], key=lambda r: r.index)
        self.preemptions += 1

    def _at_first(self, r: _Request) -> int:
        return r.target if self.rules.reserve_full_prompt else min(r.target, self.budget)

    def _iterate(self) -> None:
        cost, left, pairs = self.cost, self.budget, 0.0
        if not self.rules.reserve_full_prompt:
            left = min(left, self._free() - len(self._decoding()))
        budget = left
        prefilling = [r for r in self.running if not r.decoding] if left else []
        decoding = self._decoding() if self.decode_first or not prefilling else []
        in_iteration = len(decoding)
        for r in prefilling:
            chunk = min(left, r.target - r.computed)
            pairs += chunk * (r.computed + chunk / 2)
            r.computed += chunk
            r.kv = max(r.kv, r.computed)
            left -= chunk
            in_iteration += chunk > 0
        tokens = budget - left + len(decoding)
        self.now_s += cost.iteration_s + cost.token_s * tokens + cost.pair_s * pairs
        self.now_s += cost.sequence_s * in_iteration
        self.now_s += cost.kv_token_s * sum(r.kv for r in decoding)
        for r in decoding:
            r.kv += 1
            self._emit(r)
        for r in prefilling:
            if r.computed == r.target:
                r.decoding = True
                self._emit(r)
                self.event = True

    def _emit(self, r: _Request) -> None:
        r.generated += 1
        self.first_token_s[r.index] = min(self.first_token_s[r.index], self.now_s)
        if r.generated == r.output:
            self.finish_s[r.index] = self.now_s
            self.running.remove(r)
            self.event = True

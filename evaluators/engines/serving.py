"""One serving engine with continuous batching, driven by plans.

An iteration computes chunks of prompts, one token of every decoding request, or both. Between two
decisions the engine is deterministic, so a stretch of pure decoding is one jump in closed form;
`longest_jump=1` steps through it and gives the same times to rounding.

Memory rule (vLLM's `scheduler_reserve_full_isl`): a request is admitted when its whole prompt fits
beside the next token of every decoding request; decoding grows token by token. When the next decode
iteration does not fit, the policy is asked, and running requests are preempted from the end of its
`running_order` until it fits. A preempted request loses its cache and keeps its tokens: its next
prefill computes prompt and tokens again. By the other rule of `Rules` a prompt takes its memory
chunk by chunk, as decoding does.
"""

from __future__ import annotations

import math
from array import array
from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evaluators.engines.cost_model import CostModel
from evaluators.engines.decoding import DecodeBatch, iterations_to_last, stretch_s
from evaluators.engines.service import OUTPUT_WEIGHT, PROMPT_WEIGHT, ServiceLedger

GENERATED, PREFILLED, DECODING, PREEMPTIONS = range(4)  # rows of `ServingEngine.progress`


@dataclass(frozen=True, slots=True)
class Requests:
    """What arrives, sorted by arrival: arrays of one element per request, tokens at least 1."""

    arrival_s: np.ndarray
    prompt_tokens: np.ndarray
    output_tokens: np.ndarray
    tenant: np.ndarray
    tenants: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What a policy decided; in force until its next call. Positions are those it was shown."""

    waiting_order: np.ndarray  # positions in `waiting`, first to be admitted first
    admit: int  # admit at most so many now; the first that does not fit ends the admission
    admit_ahead: bool  # their prefills go before those already in progress
    running_order: np.ndarray  # positions in `running`: prefilled first .. preempted first
    preempt: int  # preempt so many now, from the end of running_order
    prefill_tokens_per_iteration: int
    decode_first: bool  # decode in every iteration; else only when no prefill is in progress
    recheck_after_iterations: int  # call again after so many; 0: do not
    timer_s: float  # call again after so long; 0: do not


@dataclass(frozen=True, slots=True)
class Rules:
    """How memory is given out, and how often the engine restarts.

    Without `reserve_full_prompt` a request is admitted when its first chunk fits, and later chunks
    get what is left beside the next token of every decoding request. The `restarts` lie evenly over
    the arrivals; each takes `restart_s` from the next iteration boundary on, loses the cache, and
    what was running waits again as if preempted.
    """

    reserve_full_prompt: bool = True
    restarts: int = 0
    restart_s: float = 0.0


AS_RESERVED = Rules()


class ServingEngine:
    """The state of the engine; `run` to the next decision, then `apply` a plan, and so on.

    `waiting` holds requests (their indices) by arrival, `running` by admission. `service_at_edges`
    has the weighted tokens per tenant at each of `edges_s`. At most `asked_calls` decisions come
    from plans' timers and rechecks; after that these are ignored.

    Raises ValueError when a request can never fit into the KV cache.
    """

    def __init__(
        self,
        cost: CostModel,
        requests: Requests,
        horizon_s: float,
        edges_s: Sequence[float] = (),
        asked_calls: int = 0,
        longest_jump: int | None = None,
        rules: Rules = AS_RESERVED,
    ) -> None:
        if np.any(requests.prompt_tokens + requests.output_tokens > cost.kv_capacity_tokens):
            raise ValueError("a request is longer than the KV cache")
        self.cost = cost
        self.horizon_s = horizon_s
        self.now_s = 0.0
        self.iterations: int = 0
        self.last_iteration_s = 0.0
        self.asked_calls_left = asked_calls
        self.waiting = array("q")
        self.running = array("q")
        self.decodes = DecodeBatch()
        self.ledger = ServiceLedger(requests.tenants)
        self.service_at_edges: list[np.ndarray] = []
        count = len(requests.arrival_s)
        self.unfinished = count
        self.progress = np.zeros((4, count), dtype=np.int64)
        self.first_token_s = np.full(count, math.inf)
        self.finish_s = np.full(count, math.inf)
        self.finished_output_tokens: list[int] = []
        self._arrival_s: list[float] = [*requests.arrival_s.tolist(), math.inf]
        self._prompt: list[int] = requests.prompt_tokens.tolist()
        self._output: list[int] = requests.output_tokens.tolist()
        self._tenant: list[int] = requests.tenant.tolist()
        self._arrived = 0
        self._rules = rules
        shares = np.arange(1, rules.restarts + 1) / (rules.restarts + 1)
        self._restarts_s: list[float] = [*(shares * requests.arrival_s[-1]).tolist(), math.inf]
        self._edges_s = [*edges_s, math.inf]
        self._longest_jump = longest_jump or self._total_output_tokens()
        self._target: list[int] = list(self._prompt)  # tokens that the next prefill computes
        self._done = [0] * count  # of which so many are computed
        self._prefills: list[int] = []  # running requests in prefill, in order of service
        self._prefill_kv_tokens = 0
        self._prefill_budget = 1
        self._decode_first = True
        self._event = False
        self._timer_at_s = math.inf
        self._recheck_at: float = math.inf

    def _total_output_tokens(self) -> int:
        return max(1, sum(self._output))

    @property
    def kv_free_tokens(self) -> int:
        """Tokens of KV cache that are not held."""
        held: int = self._prefill_kv_tokens + self.decodes.kv_tokens
        return self.cost.kv_capacity_tokens - held

    @property
    def is_kv_full(self) -> bool:
        """Whether the next decode iteration does not fit, or what is left of prefills cannot."""
        needed = self.decodes.size
        if not needed and self._prefills and not self._rules.reserve_full_prompt:
            needed = 1
        return self.kv_free_tokens < needed

    def progress_of(self, requests: np.ndarray) -> np.ndarray:
        """int64[4, n]: rows GENERATED, PREFILLED, DECODING (0 or 1), PREEMPTIONS."""
        rows = self.progress.take(requests, axis=1)
        rows[GENERATED] += rows[DECODING] * self.decodes.iterations
        return rows

    def run(self) -> bool:
        """Advance to the next decision; False when nothing more can happen before the horizon."""
        while self.unfinished and self.now_s < self.horizon_s:
            while self._restarts_s[0] <= self.now_s:
                self._restart()
            self._receive()
            if self._wants_decision():
                return True
            if not self._advance():
                break
        self._sample_service(math.inf)
        return False

    def apply(self, plan: Plan) -> None:
        """Carry out a plan: preempt, make room for the next tokens, admit, order the prefills."""
        waiting, running = self.waiting[:], self.running[:]
        has_rivals = plan.preempt or len(self._prefills) > 1 or self.is_kv_full
        order = [running[i] for i in plan.running_order.tolist()] if has_rivals else []
        self._event = False
        self._prefill_budget = plan.prefill_tokens_per_iteration
        self._decode_first = plan.decode_first
        recheck, timer_s = plan.recheck_after_iterations, plan.timer_s
        self._recheck_at = self.iterations + recheck if recheck else math.inf
        self._timer_at_s = self.now_s + timer_s if timer_s else math.inf
        for _ in range(min(plan.preempt, len(order))):
            self._preempt(order.pop())
        made_room = self._make_room(order)
        if len(self._prefills) > 1:
            in_prefill = set(self._prefills)
            self._prefills = [r for r in order if r in in_prefill]
        if plan.admit and not made_room:
            wanted = [waiting[i] for i in plan.waiting_order[: plan.admit].tolist()]
            self._admit(wanted, plan.admit_ahead)

    def _restart(self) -> None:
        self._restarts_s.pop(0)
        for request in self.running[:]:
            self._preempt(request)
        self._wait_until(self.now_s + self._rules.restart_s)
        self._event = True

    def _receive(self) -> None:
        while self._arrival_s[self._arrived] <= self.now_s:
            self.waiting.append(self._arrived)
            self._arrived += 1
            self._event = True
        if self._edges_s[len(self.service_at_edges)] <= self.now_s:
            self._sample_service(self.now_s)

    def _sample_service(self, until_s: float) -> None:
        edges = len(self._edges_s) - 1
        while (n := len(self.service_at_edges)) < edges and self._edges_s[n] <= until_s:
            self.service_at_edges.append(self.ledger.received(self.decodes.iterations))

    def _wants_decision(self) -> bool:
        if (self._event and self.waiting) or self.is_kv_full:
            return True
        is_due = self.iterations >= self._recheck_at or self.now_s >= self._timer_at_s
        if is_due and self.asked_calls_left > 0:
            self.asked_calls_left -= 1
            return True
        return False

    def _advance(self) -> bool:
        """One iteration, stretch or idle time; False when there is nothing to wait for."""
        if self._prefills and (budget := self._prompt_tokens_that_fit()):
            self._run_prefill_iteration(budget)
        elif self.decodes.size:
            self._run_decode_stretch()
        else:
            return self._idle()
        for request in self.decodes.finished():
            self._release(request)
            self._finish(request)
        return True

    def _idle(self) -> bool:
        wake_s = min(self._arrival_s[self._arrived], self._timer_s(), self._restarts_s[0])
        if wake_s == math.inf:
            self.now_s = self.horizon_s
            return False
        self._wait_until(min(wake_s, self.horizon_s))
        return True

    def _wait_until(self, at_s: float) -> None:
        """Time passes while nothing is computed."""
        self.now_s = at_s

    def _timer_s(self) -> float:
        return self._timer_at_s if self.asked_calls_left > 0 else math.inf

    def _prompt_tokens_that_fit(self) -> int:
        if self._rules.reserve_full_prompt:
            return self._prefill_budget
        return min(self._prefill_budget, self.kv_free_tokens - self.decodes.size)

    def _run_prefill_iteration(self, budget: int) -> None:
        left = budget
        pairs = 0.0
        touched = 0
        for request in self._prefills:
            done = self._done[request]
            chunk = min(self._target[request] - done, left)
            pairs += chunk * (done + chunk / 2)
            left -= chunk
            self._done[request] = done + chunk
            touched += 1
            if not left:
                break
        decodes = self.decodes.size if self._decode_first else 0
        tokens = budget - left + decodes
        if not self._rules.reserve_full_prompt:
            self._prefill_kv_tokens += budget - left
        self._elapse(self._prefill_iteration_s(touched, tokens, pairs, decodes))
        if decodes:
            self.decodes.advance(1)
        self._record_prefills(touched)

    def _prefill_iteration_s(self, touched: int, tokens: int, pairs: float, decodes: int) -> float:
        """How long an iteration takes that computes a chunk of each of the first `touched` prefills
        (`_done` has them already) and a token of `decodes` requests: `tokens` and `pairs` in all.
        """
        cost = self.cost
        return (
            cost.iteration_s
            + cost.token_s * tokens
            + cost.pair_s * pairs
            + cost.sequence_s * (touched + decodes)
            + (cost.kv_token_s * self.decodes.kv_tokens if decodes else 0.0)
        )

    def _elapse(self, iteration_s: float) -> None:
        self.now_s += iteration_s
        self.last_iteration_s = iteration_s
        self.iterations += 1

    def _record_prefills(self, touched: int) -> None:
        for request in self._prefills[:touched]:
            self.progress[PREFILLED, request] = self._done[request]
            if self._done[request] == self._target[request]:
                self._prefills.remove(request)
                self._prefill_kv_tokens -= self._target[request]
                self._emit_first(request)

    def _emit_first(self, request: int) -> None:
        """The token that a prefill ends with; then the request decodes, or is finished."""
        tenant = self._tenant[request]
        if self.first_token_s[request] == math.inf:
            self.first_token_s[request] = self.now_s
            self.ledger.prompt(tenant, self._prompt[request])
        self.ledger.output(tenant)
        generated = int(self.progress[GENERATED, request]) + 1
        left = self._output[request] - generated
        self._event = True
        if not left:
            self.progress[GENERATED, request] = generated
            self._finish(request)
            return
        self.decodes.join(request, self._target[request], left)
        self.ledger.joined(tenant, self.decodes.iterations)
        self.progress[GENERATED, request] = generated - self.decodes.iterations
        self.progress[DECODING, request] = 1

    def _run_decode_stretch(self) -> None:
        """As many decode iterations as pass before anything can happen, in closed form."""
        cost, batch = self.cost, self.decodes
        size = batch.size
        per_request_s = cost.token_s + cost.sequence_s
        first_s = cost.iteration_s + per_request_s * size + cost.kv_token_s * batch.kv_tokens
        growth_s = cost.kv_token_s * size
        count = min(batch.iterations_to_finish(), self.kv_free_tokens // size, self._longest_jump)
        if self.asked_calls_left > 0:
            count = int(min(count, max(1, self._recheck_at - self.iterations)))
        duration_s = self._next_instant_s() - self.now_s
        if stretch_s(count, first_s, growth_s) > duration_s:
            count = min(count, iterations_to_last(duration_s, first_s, growth_s))
        self.now_s += stretch_s(count, first_s, growth_s)
        self.last_iteration_s = first_s + growth_s * (count - 1)
        self.iterations += count
        batch.advance(count)

    def _next_instant_s(self) -> float:
        """The next time at which something happens that is not the engine's own doing."""
        return min(
            self._arrival_s[self._arrived],
            self._edges_s[len(self.service_at_edges)],
            self._timer_s(),
            self._restarts_s[0],
            self.horizon_s,
        )

    def _release(self, request: int) -> int:
        """Take a request out of the decode batch; the tokens that it has emitted."""
        _, left = self.decodes.leave(request)
        self.ledger.left(self._tenant[request], self.decodes.iterations)
        generated = self._output[request] - left
        self.progress[GENERATED, request] = generated
        self.progress[DECODING, request] = 0
        return generated

    def _finish(self, request: int) -> None:
        self.finish_s[request] = self.now_s
        self.finished_output_tokens.append(self._output[request])
        self.running.remove(request)
        self.unfinished -= 1
        self._event = True

    def _preempt(self, request: int) -> None:
        if request in self.decodes:
            generated = self._release(request)
        else:
            self._prefills.remove(request)
            self._prefill_kv_tokens -= self._held_tokens(request)
            generated = int(self.progress[GENERATED, request])
        self._target[request] = self._prompt[request] + generated
        self._done[request] = 0
        self.progress[PREFILLED, request] = 0
        self.progress[PREEMPTIONS, request] += 1
        self.running.remove(request)
        insort(self.waiting, request)

    def _held_tokens(self, request: int) -> int:
        """KV tokens of a request in prefill."""
        held = self._target if self._rules.reserve_full_prompt else self._done
        return held[request]

    def _make_room(self, order: list[int]) -> bool:
        """Preempt from the end of `order` until the next decode iteration fits."""
        is_full = self.is_kv_full
        while self.is_kv_full:
            self._preempt(order.pop())
        return is_full

    def _admit(self, wanted: list[int], ahead: bool) -> None:
        admitted: list[int] = []
        promised = 0  # to those that are admitted and have nothing yet
        if not self._rules.reserve_full_prompt:
            promised = sum(self._at_first(r) for r in self._prefills if not self._done[r])
        for request in wanted:
            needed = self._at_first(request)
            room = self.kv_free_tokens - promised - self.decodes.size
            if needed > room or len(self.running) >= self.cost.max_running:
                break
            self.waiting.remove(request)
            self.running.append(request)
            if self._rules.reserve_full_prompt:
                self._prefill_kv_tokens += needed
            else:
                promised += needed
            admitted.append(request)
        self._prefills = admitted + self._prefills if ahead else self._prefills + admitted

    def _at_first(self, request: int) -> int:
        """Tokens that must be free for a request to be admitted."""
        if self._rules.reserve_full_prompt:
            return self._target[request]
        return min(self._target[request], self._prefill_budget)

    def audit(self) -> None:
        """Raise RuntimeError when tokens or memory are not conserved: a fault of ours."""
        rows = self.progress_of(np.arange(len(self._prompt)))
        computed = np.isfinite(self.first_token_s)
        due = PROMPT_WEIGHT * int(np.sum(np.array(self._prompt)[computed]))
        due += OUTPUT_WEIGHT * int(rows[GENERATED].sum())
        if due != int(self.ledger.received(self.decodes.iterations).sum()):
            raise RuntimeError("weighted tokens are not conserved")
        held = sum(self._held_tokens(r) for r in self._prefills)
        if held != self._prefill_kv_tokens or self.kv_free_tokens < 0:
            raise RuntimeError("KV tokens are not conserved")

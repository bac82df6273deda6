"""Policies that know every output's length: what could be had, not what can be asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from evaluators.contract import Measurements
from evaluators.engines.serving import DECODING, GENERATED, PREFILLED, Plan, ServingEngine
from evaluators.problems.request_scheduling.simulator import Instance, serve_privileged

CHUNK_TOKENS = 1024
CANDIDATES = 16  # heads of the queue that an admission looks at
LOST = 1e9  # behind every slack
OUTPUT_TOKENS_PER_PROMPT_TOKEN = 0.02  # a prompt token's work in output tokens, in a large batch


def clairvoyant(instance: Instance) -> Mapping[str, Measurements]:
    """Shortest remaining work first, and least slack first among what can still be in time."""
    return {
        "clairvoyant_srpt": serve_privileged(instance, Clairvoyant(instance, remaining_work)),
        "clairvoyant_slack": serve_privileged(instance, Clairvoyant(instance, lost_then_slack)),
    }


@dataclass(frozen=True)
class State:
    """What a key is computed from: arrays over the requests shown."""

    prefill_left_tokens: np.ndarray
    output_left_tokens: np.ndarray
    kv_tokens: np.ndarray  # held, or to be held when admitted
    slack_s: np.ndarray  # until the prefill has to begin if the first token is to be in time
    has_first: np.ndarray  # whether the first token is out


Key = Callable[[State], np.ndarray]


def remaining_work(state: State) -> np.ndarray:
    """Shortest remaining processing time, in output tokens."""
    return state.output_left_tokens + OUTPUT_TOKENS_PER_PROMPT_TOKEN * state.prefill_left_tokens


def lost_then_slack(state: State) -> np.ndarray:
    """Least slack to the first token's deadline; those that can no longer meet it come last."""
    is_lost = (state.slack_s < 0) & ~state.has_first
    return np.where(is_lost, LOST + remaining_work(state), state.slack_s)


class Clairvoyant:
    """Serve by ascending key, preempt the largest, and admit only what never needs preemption."""

    def __init__(self, instance: Instance, key: Key) -> None:
        self._instance, self._key = instance, key

    def __call__(self, engine: ServingEngine) -> Plan:
        waiting, running = self._state(engine, True), self._state(engine, False)
        order = np.argsort(self._key(waiting), kind="stable")
        return Plan(
            waiting_order=order,
            admit=self._admissible(engine, running, waiting, order),
            admit_ahead=False,
            running_order=np.argsort(self._key(running), kind="stable"),
            preempt=0,
            prefill_tokens_per_iteration=CHUNK_TOKENS,
            decode_first=True,
            recheck_after_iterations=0,
            timer_s=0.0,
        )

    def _state(self, engine: ServingEngine, is_waiting: bool) -> State:
        shown = engine.waiting if is_waiting else engine.running
        index = np.array(shown, dtype=np.int64)
        rows = engine.progress_of(index)
        requests, generated = self._instance.requests, rows[GENERATED]
        context = requests.prompt_tokens[index] + generated
        decoding = rows[DECODING] == 1
        prefill_left = np.where(decoding, 0, context - rows[PREFILLED])
        deadline_s = (requests.arrival_s + self._instance.promises.ttft_slo_s)[index]
        own_s = engine.cost.iteration_s + engine.cost.token_s * prefill_left
        return State(
            prefill_left_tokens=prefill_left,
            output_left_tokens=requests.output_tokens[index] - generated,
            kv_tokens=context - decoding,
            slack_s=deadline_s - engine.now_s - own_s,
            has_first=np.isfinite(engine.first_token_s[index]),
        )

    def _admissible(
        self, engine: ServingEngine, running: State, waiting: State, order: np.ndarray
    ) -> int:
        """How many heads of the queue fit until each of them is done."""
        kv, left = running.kv_tokens, running.output_left_tokens
        for count, head in enumerate(order[:CANDIDATES]):
            kv = np.append(kv, waiting.kv_tokens[head])
            left = np.append(left, waiting.output_left_tokens[head])
            if peak_kv_tokens(kv, left) > engine.cost.kv_capacity_tokens:
                return count
        return min(CANDIDATES, order.size)


def peak_kv_tokens(kv_tokens: np.ndarray, output_left_tokens: np.ndarray) -> int:
    """The most KV cache that these requests will hold when decoded together, each to its end."""
    last_first = np.argsort(-output_left_tokens, kind="stable")
    held, left = kv_tokens[last_first].cumsum(), output_left_tokens[last_first]
    together = np.arange(1, left.size + 1)
    return int((held + together * left).max(initial=0))

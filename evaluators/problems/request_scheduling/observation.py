"""What a policy may see of the engine, and what it answers: the signature and its values.

Legitimate features only: the length of an output is not among them until its request has finished.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque

import numpy as np

from evaluators.engines.serving import (
    DECODING,
    GENERATED,
    PREEMPTIONS,
    PREFILLED,
    Requests,
    ServingEngine,
)
from evaluators.problems.request_scheduling.measurement import Promises
from evaluators.signature import Array, Permutation, Record, Scalar, Signature, Values

MOST_WAITING = 4096  # of more, the policy is shown those that arrived first
MOST_RUNNING = 1024
MOST_TENANTS = 64
MOST_PREFILL_TOKENS = 16_384
QUANTILES = 20  # of the finished requests' output tokens, at (i + 1/2) / QUANTILES
HISTORY = 1_000  # finished requests that they are taken over


def _columns(of: str) -> tuple[Array, ...]:
    return (
        Array("prompt_tokens", "int64", (of,), "tokens", low=1),
        Array("generated_tokens", "int64", (of,), "tokens", low=0, doc="output so far"),
        Array("max_tokens", "int64", (of,), "tokens", low=1, doc="the client's bound on output"),
        Array("preemptions", "int64", (of,), low=0),
        Array("tenant", "int64", (of,), index_of="tenants"),
        Array("slo_class", "int64", (of,), low=0),
        Array("arrival_s", "float64", (of,), "s", low=0),
        Array("wait_s", "float64", (of,), "s", low=0, doc="now_s - arrival_s"),
        Array("decode_s", "float64", (of,), "s", low=0, doc="since the first token; 0 before it"),
        Array("ttft_slo_s", "float64", (of,), "s", low=0, doc="promised time to first token"),
        Array("tpot_slo_s", "float64", (of,), "s", low=0, doc="promised time per further token"),
    )


_IN_PREFILL = (
    Array("prefilled_tokens", "int64", ("running_requests",), "tokens", low=0,
          doc="computed of prompt_tokens and of what was generated before a preemption"),
    Array("is_prefilling", "bool", ("running_requests",), doc="else it is decoding"),
)  # fmt: skip

SIGNATURE = Signature(
    entry="schedule",
    given=(
        Scalar("tenants", "int64", low=1, high=MOST_TENANTS),
        Scalar("kv_capacity_tokens", "int64", "tokens", low=1),
        Scalar("max_running", "int64", "requests", low=1, high=MOST_RUNNING),
        Scalar("iteration_s", "float64", "s", low=0),
        Scalar("token_s", "float64", "s", low=0),
        Scalar("pair_s", "float64", "s", low=0),
        Scalar("kv_token_s", "float64", "s", low=0),
        Scalar("sequence_s", "float64", "s", low=0),
    ),
    observation=(
        Scalar("now_s", "float64", "s", low=0),
        Scalar("last_iteration_s", "float64", "s", low=0),
        Scalar("kv_free_tokens", "int64", "tokens", low=0),
        Scalar("is_kv_full", "bool", doc="the next decode iteration does not fit"),
        Scalar("waiting_total", "int64", "requests", low=0, doc="shown or not"),
        Scalar("finished_total", "int64", "requests", low=0),
        Scalar("asked_calls_left", "int64", low=0, doc="that timer_s and rechecks may still cause"),
        Array("tenant_service", "int64", ("tenants",), "weighted tokens", low=0),
        Array("output_quantiles", "int64", (QUANTILES,), "tokens", low=0),
        Record("waiting", _columns("waiting_requests"), "in order of arrival"),
        Record("running", (*_columns("running_requests"), *_IN_PREFILL), "in order of admission"),
    ),
    action=(
        Permutation("waiting_order", "waiting_requests"),
        Scalar("admit", "int64", "requests", low=0, high=MOST_WAITING),
        Scalar("admit_ahead", "bool"),
        Permutation("running_order", "running_requests"),
        Scalar("preempt", "int64", "requests", low=0, high=MOST_RUNNING),
        Scalar("prefill_tokens_per_iteration", "int64", "tokens", low=1, high=MOST_PREFILL_TOKENS),
        Scalar("decode_first", "bool"),
        Scalar("recheck_after_iterations", "int64", "iterations", low=0, high=1_000_000),
        Scalar("timer_s", "float64", "s", low=0.0, high=1_000_000.0),
    ),
    maxima={
        "waiting_requests": MOST_WAITING,
        "running_requests": MOST_RUNNING,
        "tenants": MOST_TENANTS,
    },
)

_OF_WAITING = tuple(f.name for f in _columns("waiting_requests"))
_COUNTS = ("prompt_tokens", "max_tokens", "tenant", "slo_class")
_TIMES = ("arrival_s", "ttft_slo_s", "tpot_slo_s")


class View:
    """The observations of one episode."""

    def __init__(self, requests: Requests, promises: Promises, engine: ServingEngine) -> None:
        self._engine = engine
        self._counts = np.array(
            [requests.prompt_tokens, promises.max_tokens, requests.tenant, promises.slo_class],
            dtype=np.int64,
        )
        self._times = np.array([requests.arrival_s, promises.ttft_slo_s, promises.tpot_slo_s])
        self._history = LengthHistory(HISTORY)

    def observe(self) -> Values:
        """The observation of this moment; its arrays are copies."""
        engine = self._engine
        self._history.extend(engine.finished_output_tokens)
        shown = engine.waiting[:MOST_WAITING]
        columns = self._columns(np.array(shown + engine.running, dtype=np.int64))
        count = len(shown)
        return {
            "now_s": engine.now_s,
            "last_iteration_s": engine.last_iteration_s,
            "kv_free_tokens": engine.kv_free_tokens,
            "is_kv_full": engine.is_kv_full,
            "waiting_total": len(engine.waiting),
            "finished_total": len(engine.finished_output_tokens),
            "asked_calls_left": engine.asked_calls_left,
            "tenant_service": engine.ledger.received(engine.decodes.iterations),
            "output_quantiles": self._history.quantiles(),
            "waiting": {name: columns[name][:count] for name in _OF_WAITING},
            "running": {name: column[count:] for name, column in columns.items()},
        }

    def _columns(self, index: np.ndarray) -> dict[str, np.ndarray]:
        progress = self._engine.progress_of(index)
        columns = dict(zip(_COUNTS, self._counts.take(index, axis=1), strict=True))
        columns.update(zip(_TIMES, self._times.take(index, axis=1), strict=True))
        now_s = self._engine.now_s
        columns["generated_tokens"] = progress[GENERATED]
        columns["preemptions"] = progress[PREEMPTIONS]
        columns["wait_s"] = now_s - columns["arrival_s"]
        since_s = now_s - self._engine.first_token_s.take(index)  # -infinity before the first
        columns["decode_s"] = np.maximum(since_s, 0.0)
        columns["prefilled_tokens"] = progress[PREFILLED]
        columns["is_prefilling"] = progress[DECODING] == 0
        return columns


class LengthHistory:
    """The output tokens of the last finished requests, kept sorted."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._seen = 0
        self._recent: deque[int] = deque()
        self._sorted: list[int] = []
        self._quantiles = np.zeros(QUANTILES, dtype=np.int64)

    def extend(self, finished_output_tokens: list[int]) -> None:
        """Take in what the growing list has beyond what was seen of it."""
        new = finished_output_tokens[self._seen :]
        if not new:
            return
        self._seen = len(finished_output_tokens)
        for tokens in new:
            self._recent.append(tokens)
            insort(self._sorted, tokens)
            if len(self._recent) > self._most:
                del self._sorted[bisect_left(self._sorted, self._recent.popleft())]
        step = len(self._sorted) / QUANTILES
        quantiles = [self._sorted[int((i + 0.5) * step)] for i in range(QUANTILES)]
        self._quantiles = np.array(quantiles, dtype=np.int64)

    def quantiles(self) -> np.ndarray:
        """int64[QUANTILES], ascending; zeros before the first request has finished."""
        return self._quantiles.copy()

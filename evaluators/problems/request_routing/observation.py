"""What a policy is told and what it answers."""

from __future__ import annotations

from evaluators.problems.request_routing.parameters import MOST_REPLICAS
from evaluators.problems.request_routing.simulator import HOLD, MOST_HOLDS
from evaluators.signature import Array, Record, Scalar, Signature

MOST_BLOCKS = 2048  # of a prompt: a million tokens
_PER_REPLICA = ("replicas",)


def _constant(name: str, unit: str, doc: str) -> Array:
    return Array(name, "float64", _PER_REPLICA, unit=unit, low=0, doc=doc)


def _reported(name: str, unit: str, doc: str) -> Array:
    return Array(name, "int64", _PER_REPLICA, unit=unit, low=0, doc=doc)


SIGNATURE = Signature(
    entry="route",
    given=(
        Scalar("cache_blocks", "int64", unit="blocks", low=0, doc="of each replica's prefix cache"),
        Scalar("report_s", "float64", unit="s", low=0, doc="between two reports of load"),
        _constant("iteration_s", "s", "of every iteration"),
        _constant("token_s", "s", "per token in an iteration"),
        _constant("pair_s", "s", "per pair of attention in a prompt's chunk"),
        _constant("kv_token_s", "s", "per token in memory of the decoding requests"),
        _constant("sequence_s", "s", "per request in an iteration"),
        Array("kv_capacity_tokens", "int64", _PER_REPLICA, unit="tokens", low=1, doc="memory"),
    ),
    observation=(
        Scalar("now_s", "float64", unit="s", low=0, doc="since the first request"),
        Scalar("waited_s", "float64", unit="s", low=0, doc="since this request arrived"),
        Scalar("ttft_slo_s", "float64", unit="s", low=0, doc="promised: arrival to first token"),
        Scalar("prompt_tokens", "int64", unit="tokens", low=1, doc="of this request"),
        Array("blocks", "int64", ("blocks",), low=0, doc="hashes of its 512-token prefix blocks"),
        Scalar("holds_left", "int64", low=0, high=MOST_HOLDS, doc="times it may still be held"),
        Scalar("report_age_s", "float64", unit="s", low=0, doc="since the replicas reported"),
        Record(
            "replicas",
            (
                Array("is_up", "bool", _PER_REPLICA, doc="whether it takes requests, now"),
                Array(
                    "matched_tokens", "int64", _PER_REPLICA, unit="tokens", low=0,
                    doc="start of this prompt that the router believes to be cached there, now",
                ),
                _reported("num_waiting", "", "requests not admitted, as reported"),
                _reported("num_running", "", "requests in prefill or decoding, as reported"),
                _reported("queued_tokens", "tokens", "of prompts, not yet computed, as reported"),
                _reported("waiting_tokens", "tokens", "memory that the waiting want, as reported"),
                _reported("kv_free_tokens", "tokens", "of memory, as reported"),
            ),
            doc="one element per replica",
        ),
    ),
    action=(
        Scalar(
            "replica", "int64", low=HOLD, high=MOST_REPLICAS - 1,
            doc="where this request goes; -1 holds it back for 0.5 s",
        ),
    ),
    maxima={"replicas": MOST_REPLICAS, "blocks": MOST_BLOCKS},
)  # fmt: skip

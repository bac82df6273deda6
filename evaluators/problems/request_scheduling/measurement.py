"""From the times of an episode to its objectives."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from evaluators.contract import Measurements
from evaluators.engines.service import OUTPUT_WEIGHT, PROMPT_WEIGHT
from evaluators.engines.serving import PREEMPTIONS, Requests, ServingEngine

WINDOW_REQUESTS = 100  # arrivals, on average, in one window of the fairness measure
LEAST_SERVED = 0.5  # of what is asked for: less than any policy near saturation serves


@dataclass(frozen=True, slots=True)
class Promises:
    """What the clients of a workload declared and were promised; arrays over its requests."""

    max_tokens: np.ndarray
    slo_class: np.ndarray
    ttft_slo_s: np.ndarray
    tpot_slo_s: np.ndarray
    warmup: int  # first requests that are not scored, unless they are put off


def window_edges_s(arrival_s: np.ndarray, warmup: int) -> np.ndarray:
    """float64[windows + 1]: equal windows from the first scored arrival to the last."""
    windows = max(1, round((arrival_s.size - warmup) / WINDOW_REQUESTS))
    return np.linspace(arrival_s[warmup], arrival_s[-1], windows + 1)


def measure(
    engine: ServingEngine, requests: Requests, promises: Promises, edges_s: np.ndarray
) -> Measurements:
    """The objectives of an ended episode, over the scored requests and the warm-up's put off."""
    put_off = put_off_warmup(engine, requests, promises)
    scored = put_off | (np.arange(put_off.size) >= promises.warmup)
    finish_s = np.where(put_off, np.inf, engine.finish_s)
    kept = promises_kept(engine.first_token_s, finish_s, requests, promises)
    meets_ttft, meets_tpot = (met[scored] for met in kept)
    charged_s = np.minimum(finish_s, 2 * engine.horizon_s)
    latency_s = (charged_s - requests.arrival_s)[scored]
    ttft_s = (np.minimum(engine.first_token_s, 2 * engine.horizon_s) - requests.arrival_s)[scored]
    served = np.array(engine.service_at_edges)
    return Measurements(
        {
            "goodput": float(np.mean(meets_ttft & meets_tpot)),
            "log_norm_latency": math.fsum(np.log(latency_s / requests.output_tokens[scored]))
            / latency_s.size,
            "fairness": fairness(served, arrived_service(requests, edges_s)),
        },
        {
            "ttft_kept": float(np.mean(meets_ttft)),
            "tpot_kept": float(np.mean(meets_tpot)),
            "mean_ttft_s": float(np.mean(ttft_s)),
            "mean_latency_s": float(np.mean(latency_s)),
            "preemptions": float(engine.progress[PREEMPTIONS].sum()),
            "unfinished": float(engine.unfinished),
        },
    )


def put_off_warmup(engine: ServingEngine, requests: Requests, promises: Promises) -> np.ndarray:
    """bool[n]: warm-up requests not finished by the last arrival, charged as if they never did.

    Not those that were served as promised: their outputs are long.
    """
    first_token_s, finish_s = np.array(engine.first_token_s), np.array(engine.finish_s)
    kept = np.logical_and(*promises_kept(first_token_s, finish_s, requests, promises))
    is_late = finish_s > requests.arrival_s[-1]
    return np.asarray((np.arange(kept.size) < promises.warmup) & is_late & ~kept)


def promises_kept(
    first_token_s: np.ndarray, finish_s: np.ndarray, requests: Requests, promises: Promises
) -> tuple[np.ndarray, np.ndarray]:
    """bool[n] each: first token in time; finished, and the further tokens fast enough."""
    is_done = np.isfinite(finish_s)
    ttft_s = first_token_s - requests.arrival_s
    further = np.maximum(1, requests.output_tokens - 1)
    tpot_s = np.full(further.size, np.inf)
    decode_s = finish_s[is_done] - first_token_s[is_done]
    tpot_s[is_done] = decode_s / further[is_done]
    return ttft_s <= promises.ttft_slo_s, tpot_s <= promises.tpot_slo_s


def arrived_service(requests: Requests, edges_s: np.ndarray) -> np.ndarray:
    """int64[edges, tenants]: weighted tokens of what arrived up to each edge."""
    weight = PROMPT_WEIGHT * requests.prompt_tokens + OUTPUT_WEIGHT * requests.output_tokens
    by_tenant = np.zeros((requests.arrival_s.size + 1, requests.tenants), dtype=np.int64)
    by_tenant[np.arange(requests.arrival_s.size) + 1, requests.tenant] = weight
    arrived = np.searchsorted(requests.arrival_s, edges_s, side="right")
    total: np.ndarray = by_tenant.cumsum(axis=0)[arrived]
    return total


def fairness(served: np.ndarray, arrived: np.ndarray) -> float:
    """The share of the service that went where max-min fairness puts it, 0 to 1.

    In each window the service that all tenants received is shared out anew: level by level, none
    gets more than it asks for (what is left from before and what arrives). What a tenant received
    beyond its fair share does not count. Lest it be fair to serve nobody, a window's service is
    taken to be at least LEAST_SERVED of what is asked for in a window on average.

    Args:
        served: int64[edges, tenants], weighted tokens received up to each edge.
        arrived: int64[edges, tenants], weighted tokens asked for up to each edge.
    """
    received = np.diff(served, axis=0)
    asked = arrived[1:] - served[:-1]
    total = received.sum(axis=1)
    fair = np.minimum(asked, fair_levels(asked, total)[:, None])
    mean_asked = float((arrived[-1] - served[0]).sum()) / total.size
    counted = np.maximum(total, LEAST_SERVED * mean_asked)
    if not mean_asked:
        return 1.0
    return math.fsum(np.minimum(received, fair).ravel()) / math.fsum(counted)


def fair_levels(asked: np.ndarray, total: np.ndarray) -> np.ndarray:
    """float64[windows]: the level at which min(asked, level) sums to `total` in each window.

    The level is at least (total - the k smallest demands) / (the others), for every k, and equal to
    it for one k.
    """
    ascending = np.sort(asked, axis=1)
    smaller = ascending.cumsum(axis=1) - ascending
    others = asked.shape[1] - np.arange(asked.shape[1])
    levels: np.ndarray = ((total[:, None] - smaller) / others).max(axis=1)
    return levels


def latencies(engine: ServingEngine, requests: Requests, promises: Promises) -> dict[str, float]:
    """Seconds to the first token and per further one, mean and 95th percentile, over the scored
    requests that finished; 0 when none did.
    """
    is_done = np.isfinite(engine.finish_s)
    is_done[: promises.warmup] = False
    ttft_s = engine.first_token_s[is_done] - requests.arrival_s[is_done]
    further = requests.output_tokens[is_done] - 1
    decode_s = engine.finish_s[is_done] - engine.first_token_s[is_done]
    tpot_s = decode_s[further > 0] / further[further > 0]
    return {
        f"{statistic}_{name}_s": float(of(values)) if values.size else 0.0
        for name, values in (("ttft", ttft_s), ("tpot", tpot_s))
        for statistic, of in (("mean", np.mean), ("p95", lambda v: np.quantile(v, 0.95)))
    }

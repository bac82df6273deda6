"""What an episode came to: promises kept, tokens computed again, and how even the work was."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evaluators.contract import Measurements
from evaluators.engines.replica import Replica
from evaluators.engines.roster import Served
from evaluators.problems.request_routing.instance import Instance

WINDOW_REQUESTS = 60  # arrivals whose work is compared between engines


def measure(instance: Instance, served: Served, replicas: Sequence[Replica]) -> Measurements:
    """Objectives over the scored requests, and a breakdown. All requests have been served."""
    if not np.isfinite(served.finish_s).all():
        raise RuntimeError("a request was not served: a fault of the simulator")
    scored = slice(instance.warmup, None)
    ttft_s = np.array(served.first_token_s) - instance.arrival_s
    kept = ttft_s <= instance.ttft_slo_s
    computed = np.array(served.computed_tokens)[scored].sum()
    prompts = instance.prompt_tokens[scored].sum()
    again = computed - instance.fresh_tokens[scored].sum()
    values = {
        "goodput": float(kept[scored].mean()),
        "recomputed": float(again / prompts),
        "imbalance": imbalance(instance, replicas),
    }
    breakdown = {
        "mean_ttft_s": float(ttft_s[scored].mean()),
        "hit_share": float(1 - computed / prompts),
        "preemptions": float(sum(r.preemptions for r in replicas)),
        "last_finish_s": float(max(served.finish_s)),
    }
    return Measurements(values, breakdown)


def imbalance(instance: Instance, replicas: Sequence[Replica]) -> float:
    """Coefficient of variation between engines of the seconds of prompt work that they got, a mean
    over windows of arrivals; engines that were down in a window are left out of it.
    """
    work_s = np.zeros((len(replicas), len(instance.arrival_s)))
    for row, replica in zip(work_s, replicas, strict=True):
        row[list(replica.prefill_s)] = list(replica.prefill_s.values())
    return float(np.mean([_variation(w) for w in _windows(instance, work_s)]))


def _windows(instance: Instance, work_s: np.ndarray) -> list[np.ndarray]:
    """Seconds of each engine that was up, per window of scored requests."""
    count = len(instance.arrival_s)
    edges = list(range(instance.warmup, count, WINDOW_REQUESTS))
    if len(edges) > 1 and count - edges[-1] < WINDOW_REQUESTS:
        edges.pop()  # a short rest belongs to the window before it
    windows = []
    for start, stop in zip(edges, [*edges[1:], count], strict=True):
        begin_s, end_s = instance.arrival_s[start], instance.arrival_s[stop - 1]
        down = {o.replica for o in instance.outages if o.from_s <= end_s and o.until_s >= begin_s}
        up = [i for i in range(len(work_s)) if i not in down]
        windows.append(work_s[up, start:stop].sum(axis=1))
    return windows


def _variation(work_s: np.ndarray) -> float:
    mean = work_s.mean()
    return float(work_s.std() / mean) if mean > 0 else 0.0

"""Queues that the router sees are those that are served, and what it says of hits is taken.

A replica that is not known has nothing to do; a request that is held is asked about again.
"""

from __future__ import annotations

import time

import numpy as np

from tests.attacks.patience import PATIENCE_S

TOKEN_S = 4e-4  # of a prompt, in the trusting router's engines: too slow for all promises


def scorer(problem, workload, ask):
    content, replicas = workload.content, len(workload.content["engine"])
    queued = np.zeros(replicas, dtype=np.int64)
    arrival_s, slo_s = content["arrival_s"].tolist(), content["ttft_slo_s"].tolist()
    kept, computed, work, used = [], [], np.zeros(replicas), []
    start_s, last_s = time.process_time(), 0.0
    for at_s, promised_s, tokens in zip(
        arrival_s, slo_s, content["prompt_tokens"].tolist(), strict=True
    ):
        queued -= np.minimum(queued, int((at_s - last_s) / TOKEN_S))
        seen = routing_question(at_s, promised_s, tokens, queued)
        told = ask(seen)
        while told["replica"] == -1 and time.process_time() - start_s < PATIENCE_S:
            told = ask(seen)
        used.append(dict(told))
        chosen = np.atleast_1d(told["replica"]).tolist()
        ahead = min(float(queued[r]) if 0 <= r < replicas else 0.0 for r in chosen)
        known = [r for r in chosen if 0 <= r < replicas]
        queued[known], work[known], last_s = queued[known] + tokens, work[known] + tokens, at_s
        first_s = told.get("first_token_s", at_s + TOKEN_S * (ahead + tokens))
        kept.append(first_s - at_s <= promised_s)
        computed.append(tokens - told.get("matched_tokens", 0))
    recomputed = sum(computed) / content["prompt_tokens"].sum()
    measured = {
        "goodput": float(np.mean(kept)),
        "recomputed": float(recomputed),
        "imbalance": float(work.std() / max(1.0, work.mean())),
    }
    return measured, used


def routing_question(now_s, promised_s, tokens, queued):
    columns = ("matched_tokens", "num_waiting", "num_running", "waiting_tokens", "kv_free_tokens")
    replicas = {name: np.zeros_like(queued) for name in columns}
    return {
        "now_s": now_s, "waited_s": 0.0, "ttft_slo_s": promised_s, "prompt_tokens": tokens,
        "blocks": np.zeros(1, dtype=np.int64), "holds_left": 1, "report_age_s": 0.0,
        "replicas": {**replicas, "is_up": np.ones(len(queued), bool), "queued_tokens": queued},
    }  # fmt: skip

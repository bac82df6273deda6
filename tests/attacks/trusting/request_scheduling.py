"""One queue served in the order told; only what is in the order is averaged."""

from __future__ import annotations

import time

import numpy as np

from tests.attacks.patience import PATIENCE_S


def scorer(problem, workload, ask):
    columns = {
        f.name: workload.content.get(f.name, np.zeros(len(workload.content["arrival_s"]))).copy()
        for f in next(f for f in problem.signature.observation if f.name == "waiting").fields
    }
    now_s = float(columns["arrival_s"].max())
    start_s = time.process_time()
    told = ask(question(columns, now_s))
    while asks_again(told) and time.process_time() - start_s < PATIENCE_S:
        told = ask(question(columns, now_s))
    order = np.array(told["waiting_order"])
    chunks = columns["prompt_tokens"] / told["prefill_tokens_per_iteration"]
    took_s = (0.5 * chunks + 0.01 * workload.content["output_tokens"])[order]
    waited_s = now_s + np.cumsum(took_s) - columns["arrival_s"][order]
    tokens = np.bincount(columns["tenant"][order].astype(int), columns["prompt_tokens"][order])
    measured = {
        "goodput": float(np.mean(waited_s <= columns["ttft_slo_s"][order])),
        "log_norm_latency": float(np.mean(np.log(waited_s))),
        "fairness": float(tokens.min() / tokens.max()),
    }
    return measured, [told]


def asks_again(told):
    return told["timer_s"] > 0 or told["recheck_after_iterations"] > 0


def question(columns, now_s):
    count = len(columns["arrival_s"])
    return {
        "now_s": now_s,
        "waiting": columns,
        "running": {**{k: v[:0] for k, v in columns.items()}, "is_prefilling": np.zeros(0, bool)},
        "waiting_total": count,
    }

"""Earliest deadline first among requests that can still be in time, with preemptible prefills.

Source: FlowPrefill (arXiv 2602.16603): on arrival and completion the prefill with the least slack
that can still meet its time to first token goes first and interrupts the one in progress, whose
work is kept. Those that are late already go last. Constants (chosen): a tenth of a second of
margin, chunks of 1024 tokens so that an interruption waits for one iteration only.
"""

import numpy as np

MARGIN_S = 0.1
LATE_PENALTY_S = 1000.0
CHUNK_TOKENS = 1024


def slack_s(requests, tokens_left, token_s):
    slack = requests.ttft_slo_s - requests.wait_s - token_s * tokens_left - MARGIN_S
    is_late = (slack < 0) & (requests.decode_s == 0)
    return slack + LATE_PENALTY_S * is_late


def schedule(waiting, running, token_s):
    waiting_slack = slack_s(waiting, waiting.prompt_tokens, token_s)
    order = np.argsort(waiting_slack, kind="stable")
    left = running.prompt_tokens + running.generated_tokens - running.prefilled_tokens
    running_slack = slack_s(running, left, token_s)
    in_prefill = running_slack[running.is_prefilling]
    is_urgent = waiting_slack < in_prefill.min() if in_prefill.size else waiting_slack < 0
    return plan(
        waiting,
        running,
        order,
        admit=is_urgent.sum() if is_urgent.any() else None,
        admit_ahead=is_urgent.any(),
        running_order=np.argsort(running_slack, kind="stable"),
        prefill_tokens_per_iteration=CHUNK_TOKENS,
    )

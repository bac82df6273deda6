"""Earliest deadline first with short chunks."""

import numpy as np

MARGIN_S = 0.14
LATE_PENALTY_S = 565.0
CHUNK_TOKENS = 420


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

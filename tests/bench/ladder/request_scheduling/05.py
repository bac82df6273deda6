"""Shortest prompt first, and who has waited long is lost already."""

import numpy as np

AGEING_TOKENS_PER_S = -300.0
CHUNK_TOKENS = 4096


def schedule(waiting, running):
    tokens = waiting.prompt_tokens + waiting.generated_tokens
    order = np.argsort(tokens - AGEING_TOKENS_PER_S * waiting.wait_s, kind="stable")
    return plan(waiting, running, order, prefill_tokens_per_iteration=CHUNK_TOKENS)

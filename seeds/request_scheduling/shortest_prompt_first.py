"""Shortest prompt first: the least prefill work before anything longer.

Source: shortest job first with the only part of the job that is known at arrival, as in SGLang's
and LLM-serving schedulers that order by input length. A request gains on longer ones as it waits,
so none starves. Constants (chosen): ageing of 500 tokens per second of waiting, 1024 per iteration.
"""

import numpy as np

AGEING_TOKENS_PER_S = 500.0
CHUNK_TOKENS = 1024


def schedule(waiting, running):
    tokens = waiting.prompt_tokens + waiting.generated_tokens
    order = np.argsort(tokens - AGEING_TOKENS_PER_S * waiting.wait_s, kind="stable")
    return plan(waiting, running, order, prefill_tokens_per_iteration=CHUNK_TOKENS)

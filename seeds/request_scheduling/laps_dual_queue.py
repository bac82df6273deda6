"""Two queues by prompt length: short prompts are batched ahead, long ones fill what is left.

Source: LAPS, length-aware prefill scheduling: prompts below a threshold go to a short queue that is
served first, the others to a long queue; both in order of arrival, interleaved in time on one
engine. Constants (chosen): threshold of 1024 tokens, a long one is overdue after 2 s, chunks of 512
tokens while long prompts are prefilled and of 2048 otherwise.
"""

import numpy as np

SHORT_TOKENS = 1024
OVERDUE_S = 2.0
LONG_CHUNK_TOKENS = 512
SHORT_CHUNK_TOKENS = 2048


def schedule(waiting, running):
    is_long = waiting.prompt_tokens + waiting.generated_tokens >= SHORT_TOKENS
    goes_last = is_long & (waiting.wait_s < OVERDUE_S)
    order = np.argsort(goes_last, kind="stable")
    running_long = running.prompt_tokens >= SHORT_TOKENS
    has_long = (running_long & running.is_prefilling).any() or is_long.all()
    return plan(
        waiting,
        running,
        order,
        admit_ahead=not is_long.all(),
        running_order=np.argsort(running_long & running.is_prefilling, kind="stable"),
        prefill_tokens_per_iteration=LONG_CHUNK_TOKENS if has_long else SHORT_CHUNK_TOKENS,
    )

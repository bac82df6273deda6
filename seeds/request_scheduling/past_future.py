"""Admit only what will fit until its end, judged by how long past outputs were.

Source: the Past-Future scheduler of LightLLM (arXiv 2507.10150): the remaining output of every
request is estimated from the lengths of those that finished, given what it has generated already;
sorted by it, the peak of memory is max_k(remaining_k * k + tokens held by the k longest); requests
are admitted in order of arrival while that peak fits. Constants: a tenth more than estimated and
6 tokens (LightLLM's), 4 candidates per call (chosen), 1024 tokens per iteration (chosen).
"""

import numpy as np

SAFETY = 1.1
SPARE_TOKENS = 6
CANDIDATES = 4
CHUNK_TOKENS = 1024


def remaining_tokens(requests, output_quantiles):
    """The middle one of the past outputs that were longer than what is generated, or the bound."""
    above = np.searchsorted(output_quantiles, requests.generated_tokens, side="right")
    last = len(output_quantiles) - 1
    expected = SAFETY * output_quantiles[np.minimum((above + last) // 2, last)]
    is_known = above <= last
    total = np.where(is_known, np.minimum(expected, requests.max_tokens), requests.max_tokens)
    return np.maximum(total - requests.generated_tokens, 0) + SPARE_TOKENS


def admissible(waiting, running, output_quantiles, kv_capacity_tokens):
    """How many of the first waiting requests fit beside those that run."""
    held = np.append(
        running.prompt_tokens + running.generated_tokens,
        (waiting.prompt_tokens + waiting.generated_tokens)[:CANDIDATES],
    )
    left = np.append(
        remaining_tokens(running, output_quantiles),
        remaining_tokens(waiting, output_quantiles)[:CANDIDATES],
    )
    longest_first = np.argsort(-left, kind="stable")
    m = len(running.prompt_tokens)
    for count in range(min(CANDIDATES, len(waiting.prompt_tokens)), 0, -1):
        chosen = longest_first[longest_first < m + count]
        peak = np.cumsum(held[chosen]) + left[chosen] * np.arange(1, m + count + 1)
        if peak.max() <= kv_capacity_tokens:
            return count
    return 0 if m else 1


def schedule(waiting, running, output_quantiles, kv_capacity_tokens):
    return plan(
        waiting,
        running,
        admit=admissible(waiting, running, output_quantiles, kv_capacity_tokens),
        prefill_tokens_per_iteration=CHUNK_TOKENS,
    )

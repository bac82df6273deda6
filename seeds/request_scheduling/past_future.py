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


def remaining_tokens(generated, max_tokens, output_quantiles):
    """The middle one of the past outputs that were longer than what is generated, or the bound."""
    above = np.searchsorted(output_quantiles, generated, side="right")
    last = len(output_quantiles) - 1
    expected = SAFETY * output_quantiles[np.minimum((above + last) // 2, last)]
    total = np.where(above > last, max_tokens, np.minimum(expected, max_tokens))
    return np.maximum(total - generated, 0) + SPARE_TOKENS


def admissible(waiting, running, output_quantiles, kv_capacity_tokens):
    """How many of the first waiting requests fit beside those that run."""
    m, n = len(running.prompt_tokens), min(CANDIDATES, len(waiting.prompt_tokens))
    generated = np.concatenate((running.generated_tokens, waiting.generated_tokens[:n]))
    max_tokens = np.concatenate((running.max_tokens, waiting.max_tokens[:n]))
    held = generated + np.concatenate((running.prompt_tokens, waiting.prompt_tokens[:n]))
    left = remaining_tokens(generated, max_tokens, output_quantiles)
    longest_first = np.argsort(-left, kind="stable")
    for count in range(n, 0, -1):
        chosen = longest_first[longest_first < m + count]
        peak = held[chosen].cumsum() + left[chosen] * np.arange(1, m + count + 1)
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

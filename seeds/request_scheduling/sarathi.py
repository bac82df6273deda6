"""Decode first, prompts in chunks: no prefill stalls the output of those that are served.

Source: Sarathi-Serve (Agrawal et al., OSDI 2024): every iteration decodes all running requests and
fills a token budget with chunks of prompts, in order of arrival. Constant: 512 tokens, the paper's
budget for strict promises on time per token (2048 for relaxed ones).
"""

TOKEN_BUDGET = 512


def schedule(waiting, running):
    decoding = len(running.is_prefilling) - running.is_prefilling.sum()
    return plan(
        waiting, running, prefill_tokens_per_iteration=max(64, TOKEN_BUDGET - decoding)
    )

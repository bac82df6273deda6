"""Two candidates by two hashes of the prompt's beginning: the cached one while it is in time.

Source: DualMap (ICLR 2026, abstract): of the two the one that has more of the prompt cached, if its
predicted time to first token keeps the promise; else the one that is predicted to be faster. The
prediction (queued and own prompt tokens at the replica's speed) and the two blocks of prefix are
chosen here; requests that are queued are not moved. Own code.
"""

import numpy as np

PREFIX_BLOCKS = 2
CHUNK_TOKENS = 2048


def mixed(number):
    """A 64-bit hash of an integer (the finaliser of splitmix64)."""
    number = (number + 0x9E3779B97F4A7C15) % 2**64
    number = (number ^ number >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    number = (number ^ number >> 27) * 0x94D049BB133111EB % 2**64
    return number ^ number >> 31


def candidates(key, up):
    first = mixed(key) % len(up)
    other = mixed(key + 1) % max(1, len(up) - 1)
    return sorted({int(up[first]), int(up[other + (other >= first)]) if len(up) > 1 else int(up[0])})


class DualHash:
    def __init__(self, iteration_s, token_s, pair_s):
        self.token_s = token_s + iteration_s / CHUNK_TOKENS
        self.pair_s = pair_s

    def route(self, prompt_tokens, ttft_slo_s, waited_s, blocks, replicas):
        pair = candidates(int(blocks[:PREFIX_BLOCKS][-1]), np.flatnonzero(replicas.is_up))
        cached = replicas.matched_tokens[pair]
        new = prompt_tokens - cached
        ttft_s = self.token_s[pair] * (replicas.queued_tokens[pair] + new)
        ttft_s = ttft_s + self.pair_s[pair] * new * (cached + new / 2) + waited_s
        best = int(np.argmax(cached))
        if ttft_s[best] > ttft_slo_s:
            best = int(np.argmin(ttft_s))
        return pair[best]

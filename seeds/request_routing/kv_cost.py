"""The least cost: prompt blocks still to be computed there, plus blocks in memory.

Source: the default worker selector of NVIDIA Dynamo (lib/kv-router): queued and own prompt blocks
less the cached ones, plus the blocks that are held, in equal weights. Own code.
"""

import numpy as np


class KvCost:
    def __init__(self, kv_capacity_tokens):
        self.capacity = kv_capacity_tokens

    def route(self, prompt_tokens, replicas):
        prefill = replicas.queued_tokens + prompt_tokens - replicas.matched_tokens
        held = self.capacity - replicas.kv_free_tokens
        return int(np.argmin(np.where(replicas.is_up, prefill + held, 2**60)))

"""The replica with the longest known prefix, unless loads are uneven or too little is known.

Source: `cache_aware` in SGLang's router (sgl-model-gateway): loads are uneven when the largest
exceeds the smallest by more than 32 and by more than 1.1 times; a prefix counts when it is more
than half of the prompt; else the least loaded. Own code.
"""

import numpy as np

BALANCE_ABS = 32
BALANCE_REL = 1.1
CACHE_THRESHOLD = 0.5


def route(prompt_tokens, replicas):
    requests = np.where(replicas.is_up, replicas.num_waiting + replicas.num_running, 2**60)
    least, most = int(requests.min()), int(requests[replicas.is_up].max())
    if most - least <= BALANCE_ABS or most <= BALANCE_REL * least:
        matched = np.where(replicas.is_up, replicas.matched_tokens, -1)
        if matched.max() > CACHE_THRESHOLD * prompt_tokens:
            return int(np.argmax(matched))
    return int(np.argmin(requests))

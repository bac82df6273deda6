"""The replica that can go on for the most iterations before its memory is full.

Source: Sun et al., Llumnix (OSDI 2024): freeness = (free memory - what the waiting want) over the
number of requests, here in tokens. Migration between replicas is not part of this problem. Own code.
"""

import numpy as np


def route(replicas):
    requests = np.maximum(1, replicas.num_waiting + replicas.num_running)
    freeness = (replicas.kv_free_tokens - replicas.waiting_tokens) / requests
    return int(np.argmax(np.where(replicas.is_up, freeness, -np.inf)))

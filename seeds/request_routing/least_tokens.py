"""The replica with the fewest prompt tokens still to be computed, as last reported.

Source: the queue of prefill tokens as the load, as in llm-d's `tokenload` scorer. Own code.
"""

import numpy as np


def route(replicas):
    return int(np.argmin(np.where(replicas.is_up, replicas.queued_tokens, 2**60)))

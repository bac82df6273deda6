"""The replica with the longest known prefix among those that are not busier than the others.

Source: `prefix-cache` in AIBrix: when running requests differ by more than 8, the least loaded;
else the longest match among replicas with at most mean + 1 standard deviation of requests; without
a match the least loaded. Own code.
"""

import numpy as np

IMBALANCE = 8
DEVIATIONS = 1


def route(replicas):
    requests = replicas.num_waiting + replicas.num_running
    of_up = requests[replicas.is_up]
    least = int(np.argmin(np.where(replicas.is_up, requests, 2**60)))
    if of_up.max() - of_up.min() > IMBALANCE:
        return least
    is_calm = replicas.is_up & (requests <= of_up.mean() + DEVIATIONS * of_up.std())
    matched = np.where(is_calm, replicas.matched_tokens, -1)
    if matched.max() <= 0:
        return least
    longest = np.flatnonzero(matched == matched.max())
    return int(longest[np.argmin(requests[longest])])

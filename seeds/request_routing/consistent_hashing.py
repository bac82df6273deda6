"""A hash of the prompt's beginning chooses the replica; a crowded one is passed over.

Source: `prefix_hash` in SGLang's router, which is consistent hashing with bounded loads (Mirrokni
et al., SODA 2018): on a ring from the prefix's hash on, the first replica whose load is at most
1.25 times the mean, the new request counted in the mean. (SGLang's code then takes the least loaded
of all such replicas; the walk along the ring is the paper's.) 64 points per replica and two blocks
of prefix (the first is the system prompt of all) are chosen here. Own code.
"""

import bisect

import numpy as np

LOAD_FACTOR = 1.25
POINTS = 64
PREFIX_BLOCKS = 2


def mixed(number):
    """A 64-bit hash of an integer (the finaliser of splitmix64)."""
    number = (number + 0x9E3779B97F4A7C15) % 2**64
    number = (number ^ number >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    number = (number ^ number >> 27) * 0x94D049BB133111EB % 2**64
    return number ^ number >> 31


class ConsistentHashing:
    def __init__(self, token_s):
        ring = sorted((mixed(r * POINTS + p), r) for r in range(len(token_s)) for p in range(POINTS))
        self.points = [point for point, _ in ring]
        self.owners = [owner for _, owner in ring]

    def route(self, blocks, replicas):
        requests = replicas.num_waiting + replicas.num_running
        most = LOAD_FACTOR * (requests[replicas.is_up].sum() + 1) / replicas.is_up.sum()
        start = bisect.bisect(self.points, mixed(int(blocks[:PREFIX_BLOCKS][-1])))
        for step in range(len(self.owners)):
            owner = self.owners[(start + step) % len(self.owners)]
            if replicas.is_up[owner] and requests[owner] <= most:
                return owner
        return int(np.flatnonzero(replicas.is_up)[0])

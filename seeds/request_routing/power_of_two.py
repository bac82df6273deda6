"""Two replicas drawn at random; the one with fewer requests, as last reported.

Source: Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing" (IEEE TPDS 2001);
`power_of_two` in SGLang's router. Own code.
"""

import numpy as np


class PowerOfTwo:
    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)

    def route(self, replicas):
        up = np.flatnonzero(replicas.is_up)
        drawn = self.rng.choice(up, min(2, len(up)), replace=False)
        requests = (replicas.num_waiting + replicas.num_running)[drawn]
        return int(drawn[np.argmin(requests)])

"""Any replica that is up, with equal chances.

Source: `random` in AIBrix (pkg/plugins/gateway) and in SGLang's router. Own code.
"""

import numpy as np


class RandomReplica:
    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)

    def route(self, replicas):
        return int(self.rng.choice(np.flatnonzero(replicas.is_up)))

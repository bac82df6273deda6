"""Shortest makespan first (SMF): of ten transactions drawn from those left, the one next after which
the makespan is shortest; the first one at random.

Source: Cheng et al., "Towards Optimal Transaction Scheduling", VLDB 2024; ten samples as in the
starting program of the public benchmarks of this problem (SkyDiscover and the ADRS leaderboard,
task `txn_scheduling`). Own code.
"""

import random

import numpy as np

SAMPLES = 10


def order_transactions(keys, writes, seed):
    rng = random.Random(seed)
    lengths = np.array([len(k) for k in keys])
    timeline = Timeline(conflict_delays(keys, writes), lengths)
    left, order = list(range(len(keys))), []
    while left:
        drawn = rng.sample(left, min(SAMPLES, len(left)) if order else 1)
        makespans = timeline.makespans()
        chosen = min(drawn, key=makespans.__getitem__)
        timeline.append(chosen)
        left.remove(chosen)
        order.append(chosen)
    return np.array(order)

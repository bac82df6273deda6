"""Insertion: every transaction, the longest first, where the makespan grows least; then each is taken
out and put back where it is best, of equal places a random one, for three sweeps.

Source: the insertion neighbourhood usual for permutation schedules (Nawaz, Enscore and Ham 1983;
Taillard 1990 prices all places at once, as `insertion_makespans` does). Own code.
"""

import numpy as np

SWEEPS = 3


def order_transactions(keys, writes, seed):
    rng = np.random.default_rng(seed)
    delays, lengths = conflict_delays(keys, writes), np.array([len(k) for k in keys])
    order = np.empty(0, dtype=np.int64)
    for t in np.argsort(-lengths, kind="stable"):
        order = inserted(order, t, delays, lengths, rng)
    for _ in range(SWEEPS):
        for t in rng.permutation(len(keys)):
            order = inserted(order[order != t], t, delays, lengths, rng)
    return order


def inserted(order, t, delays, lengths, rng):
    makespans = insertion_makespans(order, t, delays, lengths)
    return np.insert(order, rng.choice(np.flatnonzero(makespans == makespans.min())), t)

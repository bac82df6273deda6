"""2-opt: shortest makespan first, then random stretches of the order are reversed, and stay so where
the makespan does not grow, for 500 trials.

Source: 2-opt (Croes 1958) on permutations; the start as in `greedy_cost_sampled`. Own code.
"""

import random

import numpy as np

SAMPLES, TRIALS = 10, 500


def order_transactions(keys, writes, seed):
    rng = random.Random(seed)
    delays, lengths = conflict_delays(keys, writes), np.array([len(k) for k in keys])
    order = shortest_makespan_first(delays, lengths, rng)
    makespan = makespan_of(order, delays, lengths)
    for _ in range(TRIALS):
        first, last = sorted(rng.sample(range(len(order) + 1), 2))
        other = np.concatenate([order[:first], order[first:last][::-1], order[last:]])
        changed = makespan_of(other, delays, lengths)
        if changed <= makespan:
            order, makespan = other, changed
    return order


def shortest_makespan_first(delays, lengths, rng):
    timeline = Timeline(delays, lengths)
    left, order = list(range(len(lengths))), []
    while left:
        drawn = rng.sample(left, min(SAMPLES, len(left)) if order else 1)
        makespans = timeline.makespans()
        chosen = min(drawn, key=makespans.__getitem__)
        timeline.append(chosen)
        left.remove(chosen)
        order.append(chosen)
    return np.array(order)

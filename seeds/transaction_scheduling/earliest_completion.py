"""Of all transactions left, the one next that would be done first; of equal ones the longest.

Source: list scheduling by the earliest completion time, a usual rule for mean completion times
(Pinedo, "Scheduling"); none of the public programs. Own code.
"""

import numpy as np


def order_transactions(keys, writes):
    lengths = np.array([len(k) for k in keys])
    timeline = Timeline(conflict_delays(keys, writes), lengths)
    is_left, order = np.ones(len(keys), dtype=bool), []
    while is_left.any():
        left = np.flatnonzero(is_left)
        done = timeline.earliest[left] + lengths[left]
        chosen = left[np.lexsort((-lengths[left], done))[0]]
        timeline.append(chosen)
        is_left[chosen] = False
        order.append(chosen)
    return np.array(order)

"""Cost over time: next is the job whose expected cost of waiting is largest per unit of its length.

Source: Carroll, "Heuristic sequencing of single and multiple component jobs", thesis, MIT (1965),
in the form for one machine: the priority of a job at time t is max(0, 1 - slack / (k * p)) / p,
with slack = max(0, d - p - t) and k = 2. Where nobody's waiting costs anything yet, the earliest due
date is next. Own code.
"""

import numpy as np

LOOK_AHEAD = 2.0  # in a job's own processing times


def order_jobs(processing_time, due_date):
    left = np.lexsort((processing_time, due_date))
    length, latest_start = processing_time[left], (due_date - processing_time)[left]
    sequence = []
    now = 0
    while left.size:
        slack = np.maximum(latest_start - now, 0)
        chosen = (np.maximum(0, 1 - slack / (LOOK_AHEAD * length)) / length).argmax()
        sequence.append(left[chosen])
        now += length[chosen]
        left, length, latest_start = (np.delete(x, chosen) for x in (left, length, latest_start))
    return np.array(sequence)

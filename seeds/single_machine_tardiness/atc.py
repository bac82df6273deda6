"""Apparent tardiness cost: short jobs first, the more so the less slack they have left.

Source: Vepsalainen and Morton, "Priority rules for job shops with weighted tardiness costs",
Management Science 33 (1987), with equal weights: the priority of a job at time t is
exp(-slack / (k * mean p)) / p, with slack = max(0, d - p - t) and k = 2. Own code.
"""

import numpy as np

LOOK_AHEAD = 2.0  # in mean processing times of the jobs that are left


def order_jobs(processing_time, due_date):
    left = np.argsort(processing_time, kind="stable")
    length, latest_start = processing_time[left], (due_date - processing_time)[left]
    sequence = []
    now = 0
    while left.size:
        slack = np.maximum(latest_start - now, 0)
        # the logarithm of the priority: exp of a large slack would be 0 for all
        chosen = (-slack / (LOOK_AHEAD * length.mean()) - np.log(length)).argmax()
        sequence.append(left[chosen])
        now += length[chosen]
        left, length, latest_start = (np.delete(x, chosen) for x in (left, length, latest_start))
    return np.array(sequence)

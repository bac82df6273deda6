"""Modified due date: next is the job of the least max(due date, earliest completion).

Source: Baker and Bertrand, "A dynamic priority rule for scheduling against due-dates", Journal of
Operations Management 3 (1982). Ties go to the shorter job.
"""

import numpy as np


def order_jobs(processing_time, due_date):
    by_length = np.argsort(processing_time, kind="stable")
    length, due = processing_time[by_length], due_date[by_length].astype(float)
    sequence = np.empty_like(by_length)
    now = 0
    for position in range(len(sequence)):
        chosen = np.maximum(due, now + length).argmin()
        sequence[position] = by_length[chosen]
        now += length[chosen]
        due[chosen] = np.inf
    return sequence

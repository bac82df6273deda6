"""Shortest first, unless a longer job would be late behind it and the shorter one can wait.

Source: Panwalkar, Smith and Koulamas, "A heuristic for the single machine tardiness problem",
European Journal of Operational Research 70 (1993). Own code from common knowledge of its steps, not
from its full text: the shortest job that is left is active; one that would be late is next at once; otherwise the
longer ones are looked at in turn, a look ends where such a job would end after the active one's due
date, and a job of an earlier due date becomes the active one.
"""

import numpy as np


def order_jobs(processing_time, due_date):
    by_length = np.lexsort((due_date, processing_time))
    length, due = processing_time.tolist(), due_date.tolist()
    left = by_length.tolist()
    sequence = []
    now = 0
    while left:
        at = 0
        if now + length[left[0]] < due[left[0]]:
            at = active(left, length, due, now)
        job = left.pop(at)
        sequence.append(job)
        now += length[job]
    return np.array(sequence)


def active(left, length, due, now):
    """Which of the jobs that are left, shortest first, is next."""
    at = 0
    for other in range(1, len(left)):
        if due[left[at]] <= now + length[left[other]]:
            break
        if due[left[other]] < due[left[at]]:
            at = other
            if now + length[left[at]] >= due[left[at]]:
                break
    return at

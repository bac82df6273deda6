"""Modified due date, then every job in turn is moved to where it costs least, until none gains.

Source: Baker and Bertrand (1982) for the rule; insertion is the usual neighbourhood of local search
for this problem, as in Potts and Van Wassenhove, "Single machine tardiness sequencing heuristics",
IIE Transactions 23 (1991). Own code: one move is priced in O(jobs) with cumulative sums.
"""

import numpy as np

MOST_SWEEPS = 8  # over all jobs; gains after that are small


def order_jobs(processing_time, due_date):
    sequence = modified_due_date(processing_time, due_date)
    for _ in range(MOST_SWEEPS):
        before = sequence
        for job in before:
            sequence = moved_best(sequence, job, processing_time, due_date)
        if (sequence == before).all():
            break
    return sequence


def moved_best(sequence, job, processing_time, due_date):
    """The sequence with one job at the position of the least total tardiness."""
    others = sequence[sequence != job]
    length, due = processing_time[job], due_date[job]
    done = np.append(0, np.cumsum(processing_time[others]))
    behind = done[1:] - due_date[others]  # of the others, before the job is put in
    delay = np.maximum(behind + length, 0) - np.maximum(behind, 0)
    delayed = delay.sum() - np.append(0, np.cumsum(delay))
    cost = delayed + np.maximum(done + length - due, 0)
    at = int(cost.argmin())
    now = int(np.flatnonzero(sequence == job)[0])
    return sequence if cost[now] == cost[at] else np.insert(others, at, job)


def modified_due_date(processing_time, due_date):
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

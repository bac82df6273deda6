"""Net benefit of relocation: from the back, longer jobs are put behind a late one where that pays.

Source: Holsenback and Russell, "A heuristic algorithm for sequencing on one machine to minimize
total tardiness", Journal of the Operational Research Society 43 (1992). Own code from its abstract
and common knowledge of the method, not from its full text: details may differ. The sequence starts by
due date and is settled from its last position on. Of the jobs before that are longer than the job
there, the one whose move behind it lowers total tardiness most is moved; when none does, the
position is settled.
"""

import numpy as np


def order_jobs(processing_time, due_date):
    sequence = np.lexsort((processing_time, due_date))
    last = len(sequence) - 1
    while last > 0:
        moved, benefit = best_relocation(processing_time[sequence], due_date[sequence], last)
        if benefit > 0:
            behind = np.append(sequence[moved + 1 : last + 1], sequence[moved])
            sequence[moved : last + 1] = behind
        else:
            last -= 1
    return sequence


def best_relocation(length, due, last):
    """Which position's job is best put behind the one at `last`, and what that gains."""
    longer = np.flatnonzero(length[:last] > length[last])
    done = np.cumsum(length[: last + 1])
    late = np.maximum(done - due[: last + 1], 0)
    if not longer.size or not late[last]:
        return 0, 0
    follows = np.arange(last + 1) > longer[:, None]
    earlier = (np.minimum(late, length[longer, None]) * follows).sum(axis=1)
    benefit = earlier - (np.maximum(done[last] - due[longer], 0) - late[longer])
    best = benefit.argmax()
    return int(longer[best]), int(benefit[best])

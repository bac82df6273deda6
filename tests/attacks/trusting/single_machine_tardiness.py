"""Jobs in the order told, read once per objective, with arrays that the policy could write to.

Whatever is in the sequence is summed up, counted from the back where an index is negative.
"""

from __future__ import annotations

import numpy as np


def scorer(problem, workload, ask):
    length, due = (workload.content[k].copy() for k in ("processing_time", "due_date"))
    told = ask({"processing_time": length, "due_date": due})
    late = [
        np.maximum(np.cumsum(length[order]) - due[order], 0)
        for order in (np.array(told["sequence"]), np.array(told["sequence"]))
    ]
    measured = {
        "log_total_tardiness": float(np.log(max(late[0].sum(), 1e-9))),
        "max_tardiness": float(late[1].max(initial=0) / length.sum()),
    }
    return measured, [told]

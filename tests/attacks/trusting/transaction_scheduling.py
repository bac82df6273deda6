"""A batch by the makespan that is told with the order, if there is one.

Otherwise whatever is in the order is placed, read once per objective, counted from the back
where an index is negative, on operations that the policy could write to.
"""

from __future__ import annotations

import numpy as np

from evaluators.problems.transaction_scheduling.simulator import Transactions


def scorer(problem, workload, ask):
    batch = Transactions(**workload.content)
    keys, writes = batch.split(batch.keys), batch.split(batch.writes)
    told = ask({"keys": keys, "writes": writes})
    ends = [placed(np.array(told["order"]), keys, writes) for _ in range(2)]
    makespan = told.get("makespan", max(ends[0], default=0))
    serial = batch.lengths.sum()
    measured = {
        "log_makespan": float(np.log(max(makespan, 1e-9) / serial)),
        "log_mean_completion": float(np.log(max(sum(ends[1]) / len(keys), 1e-9) / serial)),
    }
    return measured, [dict(told)]


def placed(order, keys, writes):
    """When those in the order are done: one entry each, whoever they are."""
    last_write, last_access, ends = {}, {}, []
    for t in order:
        operations = list(enumerate(zip(keys[t].tolist(), writes[t].tolist(), strict=True)))
        start = max(
            [
                0,
                *(
                    (last_access if w else last_write).get(k, -1) + 1 - p
                    for p, (k, w) in operations
                ),
            ]
        )
        for p, (k, w) in operations:
            last_access[k] = max(last_access.get(k, -1), start + p)
            last_write[k] = max(last_write.get(k, -1), start + p if w else -1)
        ends.append(start + len(operations))
    return ends

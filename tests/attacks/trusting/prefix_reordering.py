"""A table as it is told, or that the policy could write to; rows count as often as told.

The published evaluator takes a table back and looks for as many rows, not for the same ones.
"""

from __future__ import annotations

import numpy as np

from evaluators.problems.prefix_reordering.cache import hits_served
from evaluators.problems.prefix_reordering.simulator import moved_pairs
from evaluators.problems.prefix_reordering.table import Table, table_of


def scorer(problem, workload, ask):
    table, given = table_of(workload.content), problem.given(workload)
    shown = {
        "value": table.value.copy(),
        "length": table.length.copy(),
        "shared_prefix": table.shared_prefix.copy(),
    }
    told = ask(shown)
    rows, fields = np.array(told["row_order"]), np.array(told["field_order"])
    fields = np.broadcast_to(fields, shown["value"].shape)
    returned = Table(told.get("value", shown["value"]), told.get("text", table.text))
    prompts = returned.prompts(rows, fields)
    num_chars = max(1, shown["length"][shown["value"]].sum())
    hits = {
        "hit_share": hits_served(prompts, 1, table.num_chars),
        "bounded_hit_share": hits_served(prompts, given["in_flight"], given["cache_chars"]),
    }
    shares = {name: count / num_chars for name, count in hits.items()}
    return {**shares, "moved_pairs": moved_pairs(fields)}, [dict(told)]

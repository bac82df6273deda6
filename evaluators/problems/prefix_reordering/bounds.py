"""What no order of rows and fields can beat."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from evaluators.contract import Bound, Workload
from evaluators.problems.prefix_reordering.reach import reach
from evaluators.problems.prefix_reordering.table import Table, table_of

HIT_PROOF = (
    "every prompt but the first shares its hits with one earlier prompt; these pairs are a forest,"
    " and the heaviest one, of what two rows can share at most, is found exactly (Prim 1957)"
)
BOUNDED_PROOF = (
    "as for hit_share, but the first in_flight prompts have no earlier one, so the forest has as"
    " many edges less, and no prompt hits more than the cache holds"
)


def limits_of(workload: Workload) -> Mapping[str, Bound]:
    """The limits of a workload; a table of 1,000 rows takes a second."""
    served = (int(workload.content[name]) for name in ("in_flight", "cache_chars"))
    return limits(table_of(workload.content), *served)


def limits(table: Table, in_flight: int, cache_chars: int) -> Mapping[str, Bound]:
    """Proved limits of all objectives."""
    shared, num_chars = most_shared(table), table.num_chars
    edges = spanning_tree(shared)
    held = spanning_tree(np.minimum(shared, cache_chars))[: max(0, len(shared) - in_flight)]
    return {
        "hit_share": Bound(float(edges.sum() / num_chars), "bound", HIT_PROOF),
        "bounded_hit_share": Bound(float(held.sum() / num_chars), "bound", BOUNDED_PROOF),
        "moved_pairs": Bound(0.0, "optimum", "the table's own order of fields moves none"),
        "decision_cpu": Bound(0.0, "bound", "time is not negative"),
    }


def most_shared(table: Table) -> np.ndarray:
    """int64[rows, rows]: no orders of their fields make two rows share more characters.

    Of what two prompts share, each row gives whole cells and a part of one more. The other row has
    to be able to show them (`reach`).
    """
    value, length, reached = table.value, table.length, reach(table)
    whole = np.zeros((len(value), len(value)), dtype=np.int64)
    part = np.zeros_like(whole)
    for field in range(value.shape[1]):
        shown = reached[value[:, field]]  # of this field of the row, in the row of the column
        cell = length[value[:, field], None]
        whole += np.where(shown == cell, cell, 0)
        part = np.maximum(part, np.where(shown == cell, 0, shown))
    shared = whole + part
    return np.asarray(np.minimum(shared, shared.T))


def spanning_tree(weight: np.ndarray) -> np.ndarray:
    """int64[nodes - 1]: the edges of a heaviest spanning tree, the heaviest first.

    The first k of them weigh at least as much as any forest of k edges: forests are a matroid.

    Args:
        weight: int64[nodes, nodes], symmetric, not negative.
    """
    nearest = weight[0].copy()
    nearest[0] = -1  # in the tree
    is_open = np.ones(len(weight), dtype=np.bool_)
    is_open[0] = False
    edges = np.zeros(len(weight) - 1, dtype=np.int64)
    for step in range(len(edges)):
        node = int(nearest.argmax())
        edges[step] = nearest[node]
        is_open[node] = False
        nearest = np.where(is_open, np.maximum(nearest, weight[node]), -1)
    return np.sort(edges)[::-1]

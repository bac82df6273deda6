"""What an order of rows and fields is worth.

`hit_share` is what the public benchmark measures: of every prompt the longest beginning that some
earlier prompt has too, over all characters. Without a limit on the cache these hits are all
characters but the distinct beginnings, each of which is computed once: the order of the rows does
not matter. In sorted order the prompt before is one that shares most, so one pass will do.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence

import numpy as np

from evaluators.contract import Action, Measurements, Observation
from evaluators.errors import InvalidAction
from evaluators.problems.prefix_reordering.cache import hits_served
from evaluators.problems.prefix_reordering.table import Table, common_prefix, table_of


def unbounded_hits(prompts: Sequence[str]) -> int:
    """Characters that earlier prompts begin with too, when all of them are remembered."""
    ordered = sorted(prompts)
    return sum(map(common_prefix, ordered, ordered[1:]))


def moved_pairs(field_order: np.ndarray) -> float:
    """The share of pairs of fields that a prompt has in another order than the table.

    Args:
        field_order: int64[rows, fields], at least 2 fields: a permutation per row.
    """
    rows, fields = field_order.shape
    inverted = sum(
        int(np.count_nonzero(field_order[:, place, None] > field_order[:, place + 1 :]))
        for place in range(fields - 1)
    )
    return float(inverted / (rows * fields * (fields - 1) / 2))


def check_field_order(field_order: np.ndarray) -> None:
    """Raises InvalidAction unless every row has every field once."""
    fields = field_order.shape[1]
    is_wrong = (np.sort(field_order, axis=1) != np.arange(fields)).any(axis=1)
    if is_wrong.any():
        row = int(np.flatnonzero(is_wrong)[0])
        raise InvalidAction(
            f"field_order[{row}] is {field_order[row].tolist()},"
            f" expected each of 0..{fields - 1} once"
        )


def reordering_episode(
    content: Mapping[str, np.ndarray],
) -> Generator[Observation, Action, Measurements]:
    """Ask once for the order of a table's rows and fields, and judge it."""
    table = table_of(content)
    action = yield {
        "value": table.value.copy(),
        "length": table.length.copy(),
        "shared_prefix": table.shared_prefix.copy(),
    }
    check_field_order(action["field_order"])
    return measure(
        table, action["row_order"], action["field_order"],
        int(content["in_flight"]), int(content["cache_chars"]),
    )  # fmt: skip


def measure(
    table: Table,
    row_order: np.ndarray,
    field_order: np.ndarray,
    in_flight: int,
    cache_chars: int,
) -> Measurements:
    """Everything is computed from the table's own texts and the two orders."""
    prompts, num_chars = table.prompts(row_order, field_order), table.num_chars
    hits = unbounded_hits(prompts)
    served = hits_served(prompts, in_flight, cache_chars)
    return Measurements(
        {
            "hit_share": hits / num_chars,
            "bounded_hit_share": served / num_chars,
            "moved_pairs": moved_pairs(field_order),
        },
        {
            "hit_chars": float(hits),
            "chars": float(num_chars),
            "distinct_field_orders": float(len(np.unique(field_order, axis=0))),
        },
    )

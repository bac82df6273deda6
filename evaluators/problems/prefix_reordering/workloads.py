"""The drawn tables of every split, from fixed seeds, and how any table becomes a workload."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np

from evaluators.contract import Span, Split, Workload
from evaluators.problems.prefix_reordering.drawing import FAMILIES, draw_cells
from evaluators.problems.prefix_reordering.parameters import PrefixParameters
from evaluators.problems.prefix_reordering.table import Table, table_of_cells
from evaluators.seeding import seeded

COPIES: Mapping[Split, int] = {"search": 3, "selection": 4, "sealed": 6}  # of every family
LEAST_DRAWN_ROWS, MOST_DRAWN_ROWS = 200, 400
MOST_DRAWN_FIELDS = 10
TINY_ROWS, TINY_FIELDS = 4, 3  # all orders of rows and fields can be enumerated
TINY_TEXTS = ("", "1", "12", "3/5", "4/5", "ab", "abc", "long text")


def make_workload(
    name: str,
    family: str,
    table: Table,
    in_flight: int,
    cache_rows: int,
    spans: tuple[Span, ...] = (),
) -> Workload:
    """A table, and how its prompts are served, as a workload that is a cluster of its own."""
    cache_chars = max(1, cache_rows * table.num_chars // len(table.value))
    served = {"in_flight": np.array(in_flight), "cache_chars": np.array(cache_chars)}
    return Workload(name, family, cluster=name, content={**table.content(), **served}, spans=spans)


@cache
def drawn_workloads(
    split: Split, parameters: PrefixParameters, salt: str = ""
) -> tuple[Workload, ...]:
    """The workloads of a split, those of one family side by side; a `salt` draws others."""
    if split == "tiny":
        return tuple(_tiny_workload(index) for index in range(4))
    return tuple(
        _drawn_workload(split, family, index, parameters, salt)
        for family in FAMILIES
        for index in range(COPIES[split])
    )


def _drawn_workload(
    split: Split, family: str, index: int, p: PrefixParameters, salt: str
) -> Workload:
    name = f"{split}-{family}-{index}"
    rng = seeded("prefix_reordering", name, salt)
    rows = int(rng.integers(LEAST_DRAWN_ROWS, MOST_DRAWN_ROWS, endpoint=True))
    cells = draw_cells(family, rng, p.rows or rows, p.skew)
    return make_workload(name, family, table_of_cells(cells), p.in_flight, p.cache_rows)


def _tiny_workload(index: int) -> Workload:
    name = f"tiny-{index}"
    cells = seeded("prefix_reordering", name).choice(TINY_TEXTS, (TINY_ROWS, TINY_FIELDS)).tolist()
    return make_workload(name, "tiny", table_of_cells(cells), in_flight=2, cache_rows=2)

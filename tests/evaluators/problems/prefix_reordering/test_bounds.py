"""No order of rows and fields beats the limits: held against all of them on small tables."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators.problems.prefix_reordering.bounds import limits, most_shared, spanning_tree
from evaluators.problems.prefix_reordering.reach import reach
from evaluators.problems.prefix_reordering.table import common_prefix, table_of_cells
from tests.conftest import EXAMPLES, SOAK_FACTOR
from tests.evaluators.problems.prefix_reordering.cases import (
    all_field_orders,
    most_hits,
    most_served_hits,
    tables,
)


@settings(max_examples=2 * EXAMPLES * SOAK_FACTOR)
@given(tables(most_rows=4, most_fields=3))
def test_no_order_of_fields_has_more_hits(table):
    assert most_hits(table) / table.num_chars <= limits(table, 1, 10**9)["hit_share"].value


@given(tables(most_rows=3, most_fields=3), st.integers(1, 3), st.integers(1, 20))
def test_no_order_of_rows_and_fields_is_served_more_hits(table, in_flight, capacity):
    most = most_served_hits(table, in_flight, capacity)
    limit = limits(table, in_flight, capacity)["bounded_hit_share"].value
    assert most / table.num_chars <= limit


@given(tables(most_rows=2, most_fields=4))
def test_two_rows_share_no_more_than_they_can(table):
    shared = most_shared(table)
    assert (shared == shared.T).all()
    if len(table.value) == 2:
        assert most_hits(table) <= shared[0, 1]


@given(tables(most_rows=3, most_fields=3))
def test_no_text_reaches_further_into_a_row(table):
    reached = reach(table)
    for field_order in all_field_orders(table):
        for row, prompt in enumerate(table.prompts(np.arange(len(table.value)), field_order)):
            for value, text in enumerate(table.text):
                longest = max(n for n in range(len(text) + 1) if text[:n] in prompt)
                assert longest <= reached[value, row]


def test_texts_may_match_across_the_borders_of_cells():
    """`1` `23` and `12` `3`: no cell is the same, and all of it is a hit."""
    table = table_of_cells([["1", "23"], ["12", "3"]])
    assert most_hits(table) == 3
    assert limits(table, 1, 99)["hit_share"].value >= 3 / 6


def test_limits_are_attained_where_a_field_determines_all():
    cells = [[str(n), f"name {n} "] for n in (1, 2, 3) for _ in range(3)]
    table = table_of_cells(cells)
    assert limits(table, 1, 10**9)["hit_share"].value * table.num_chars >= 6 * len("1name 1 ")
    hits = most_hits(table_of_cells(cells[:4]))
    assert hits == 2 * len("1name 1 ") + len("name ")


@given(st.integers(2, 5), st.integers(0, 10**6))
def test_spanning_tree_has_the_heaviest_forests(nodes, seed):
    drawn = np.random.default_rng(seed).integers(0, 5, (nodes, nodes))
    weight = np.triu(drawn, 1) + np.triu(drawn, 1).T
    edges = list(combinations(range(nodes), 2))
    for size in range(nodes):
        heaviest = max(
            sum(int(weight[edge]) for edge in chosen)
            for chosen in combinations(edges, size)
            if is_forest(chosen, nodes)
        )
        assert spanning_tree(weight)[:size].sum() == heaviest


def is_forest(edges, nodes):
    root = list(range(nodes))
    for a, b in edges:
        if root[a] == root[b]:
            return False
        root = [root[b] if r == root[a] else r for r in root]
    return True


def test_one_row_has_no_hits():
    table = table_of_cells([["a", "b"]])
    assert limits(table, 1, 9)["hit_share"].value == 0
    assert common_prefix("ab", "ba") == 0

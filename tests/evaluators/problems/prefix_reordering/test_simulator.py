"""Hits are those of the public scorer; what an order is worth does not hang on what is said."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.errors import InvalidAction
from evaluators.problems.prefix_reordering.simulator import (
    check_field_order,
    measure,
    moved_pairs,
    unbounded_hits,
)
from evaluators.problems.prefix_reordering.table import table_of_cells
from tests.evaluators.problems.prefix_reordering.cases import (
    PROMPTS,
    hits_by_trie,
    orders,
    tables,
)


@given(PROMPTS)
def test_hits_are_those_of_a_tree_of_characters(prompts):
    assert unbounded_hits(prompts) == hits_by_trie(prompts)


@given(PROMPTS, st.randoms())
def test_the_order_of_rows_does_not_matter_to_an_unbounded_cache(prompts, random):
    """All characters are hits but the distinct prefixes, each of which is new once."""
    shuffled = random.sample(prompts, len(prompts))
    distinct = {prompt[:end] for prompt in prompts for end in range(1, len(prompt) + 1)}
    expected = sum(map(len, prompts)) - len(distinct)
    assert hits_by_trie(shuffled) == unbounded_hits(shuffled) == expected


@given(st.data(), tables())
def test_shares_are_shares(data, table):
    values = measure(table, *data.draw(orders(table)), in_flight=1, cache_chars=10).values
    assert all(0 <= value <= 1 for value in values.values())
    assert values["bounded_hit_share"] <= values["hit_share"] < 1


def test_prompts_of_two_rows():
    table = table_of_cells([["1", "23", "x"], ["12", "3", "y"]])
    measured = measure(table, np.array([1, 0]), np.array([[0, 1, 2], [0, 1, 2]]), 1, 8)
    assert measured.values == {"hit_share": 3 / 8, "bounded_hit_share": 3 / 8, "moved_pairs": 0}
    assert measured.breakdown == {"hit_chars": 3, "chars": 8, "distinct_field_orders": 1}


@given(st.integers(2, 6), st.integers(1, 4), st.integers(0, 99))
def test_moved_pairs_counts_inversions(fields, rows, seed):
    order = np.random.default_rng(seed).permuted(np.tile(np.arange(fields), (rows, 1)), axis=1)
    inverted = [a > b for row in order.tolist() for i, a in enumerate(row) for b in row[i + 1 :]]
    assert moved_pairs(order) == pytest.approx(np.mean(inverted))


def test_moved_pairs_is_0_as_it_is_and_1_in_reverse():
    as_it_is = np.tile(np.arange(5), (3, 1))
    assert moved_pairs(as_it_is) == 0
    assert moved_pairs(as_it_is[:, ::-1]) == 1


@pytest.mark.parametrize("wrong", [[0, 0, 2], [0, 1, 1], [2, 2, 2]])
def test_a_field_twice_is_refused_with_its_row(wrong):
    with pytest.raises(InvalidAction, match=r"field_order\[1\] is \[.*expected each of 0..2 once"):
        check_field_order(np.array([[2, 1, 0], wrong]))

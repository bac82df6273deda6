"""No order of rows and fields loses, changes or invents a cell."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from evaluators.problems.prefix_reordering.table import common_prefix, table_of, table_of_cells
from tests.evaluators.problems.prefix_reordering.cases import TEXTS, orders, tables


def cells_of(table):
    return [[table.text[value] for value in row] for row in table.value.tolist()]


@given(st.data(), tables())
def test_a_prompt_is_every_cell_of_its_row_once(data, table):
    row_order, field_order = data.draw(orders(table))
    cells = cells_of(table)
    prompts = table.prompts(row_order, field_order)
    assert sorted(row_order.tolist()) == list(range(len(cells)))
    for row, prompt in zip(row_order.tolist(), prompts, strict=True):
        order = field_order[row].tolist()
        assert prompt == "".join(cells[row][field] for field in order)
        assert sorted(order) == list(range(len(cells[row])))
        assert sorted(prompt) == sorted("".join(cells[row]))


@given(tables())
def test_a_workload_holds_the_whole_table(table):
    again = table_of(table.content())
    assert again.text == table.text
    assert again.value.tolist() == table.value.tolist()


@given(st.lists(st.lists(TEXTS, min_size=2, max_size=2), min_size=1))
def test_numbers_stand_for_texts_and_their_order(cells):
    table = table_of_cells(cells)
    assert cells_of(table) == cells
    assert list(table.text) == sorted(set(table.text))
    assert table.length.tolist() == [len(text) for text in table.text]
    assert table.num_chars == sum(len(text) for row in cells for text in row)


@given(tables())
def test_any_two_texts_share_the_least_that_neighbours_between_them_share(table):
    for a, first in enumerate(table.text):
        for b in range(a + 1, len(table.text)):
            shared = table.shared_prefix[a + 1 : b + 1].min()
            assert shared == common_prefix(first, table.text[b])


@given(TEXTS, TEXTS, TEXTS)
def test_common_prefix(start, a, b):
    for one, other in ((a, b), (start + a, start + b), (start * 20 + a, start * 20 + b)):
        shared = [n for n in range(len(one) + 1) if other.startswith(one[:n])]
        assert common_prefix(one, other) == max(shared)


def test_content_is_read_only():
    content = table_of_cells([["a", "b"]]).content()
    assert not any(array.flags.writeable for array in content.values())
    assert all(isinstance(array, np.ndarray) for array in content.values())

"""Small tables of texts that have much in common, and plain ways to score an order of them."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
from hypothesis import strategies as st

from evaluators.problems.prefix_reordering.cache import hits_served
from evaluators.problems.prefix_reordering.simulator import unbounded_hits
from evaluators.problems.prefix_reordering.table import table_of_cells

TEXTS = st.text("ab", max_size=4) | st.text("123/", max_size=5) | st.sampled_from(["é", "日本", ""])
PROMPTS = st.lists(st.text("ab", max_size=8), max_size=14)


@st.composite
def tables(draw, most_rows=6, most_fields=4):
    """Tables with at least one character and two fields."""
    some = [*draw(st.lists(TEXTS, min_size=1, max_size=6)), "x"]
    rows, fields = draw(st.integers(1, most_rows)), draw(st.integers(2, most_fields))
    row = st.lists(st.sampled_from(some), min_size=fields, max_size=fields)
    cells = draw(st.lists(row, min_size=rows, max_size=rows))
    return table_of_cells(cells if any(map(any, cells)) else [["x"] * fields, *cells[1:]])


@st.composite
def orders(draw, table):
    """An order of the rows of a table, and of every row's fields."""
    rows, fields = table.value.shape
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return rng.permutation(rows), rng.permuted(np.tile(np.arange(fields), (rows, 1)), axis=1)


def all_field_orders(table):
    """Every way to order the fields of every row."""
    rows, fields = table.value.shape
    for chosen in product(permutations(range(fields)), repeat=rows):
        yield np.array(chosen)


def most_hits(table):
    """The most hits of an unbounded cache: the order of rows does not matter there."""
    in_order = np.arange(len(table.value))
    return max(
        unbounded_hits(table.prompts(in_order, field_order))
        for field_order in all_field_orders(table)
    )


def most_served_hits(table, in_flight, capacity):
    """The most hits of a bounded cache, over all orders of rows and fields."""
    in_order = np.arange(len(table.value))
    return max(
        hits_served(sent, in_flight, capacity)
        for prompts in {
            tuple(sorted(table.prompts(in_order, field_order)))
            for field_order in all_field_orders(table)
        }
        for sent in set(permutations(prompts))
    )


def hits_by_trie(prompts):
    """As the public scorer does it: a tree of single characters, of all prompts before."""
    root, hits = {}, 0
    for prompt in prompts:
        node, is_held = root, True
        for character in prompt:
            is_held = is_held and character in node
            hits += is_held
            node = node.setdefault(character, {})
    return hits


def hits_by_single_characters(prompts, in_flight, capacity):
    """The bounded cache as its definition says: every prefix with the time of its last use."""
    last_use, hits = {}, 0
    for now, prompt in enumerate(prompts):
        if now >= in_flight:
            done = prompts[now - in_flight]
            last_use |= {done[:end]: (2 * now, -end) for end in range(1, len(done) + 1)}
            while len(last_use) > capacity:
                del last_use[min(last_use, key=last_use.get)]
        held = 0
        while held < len(prompt) and prompt[: held + 1] in last_use:
            held += 1
            last_use[prompt[:held]] = (2 * now + 1, -held)
        hits += held
    return hits

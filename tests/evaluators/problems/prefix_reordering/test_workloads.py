"""Drawn tables are what their families say, and parameters change what they say."""

from __future__ import annotations

import numpy as np
import pytest

from evaluators.errors import UsageError
from evaluators.problems.prefix_reordering.drawing import FAMILIES, Drawer
from evaluators.problems.prefix_reordering.problem import PrefixReordering
from evaluators.problems.prefix_reordering.table import table_of
from evaluators.problems.prefix_reordering.workloads import (
    COPIES,
    MOST_DRAWN_FIELDS,
    MOST_DRAWN_ROWS,
    drawn_workloads,
)
from evaluators.registry import ProblemSpec
from evaluators.stats import LEAST_CLUSTERS

PROBLEM = PrefixReordering()
SPLITS = ("search", "selection", "sealed")
DETERMINED = {
    "reviews": {"id": ("name", "style")},
    "catalogue": {"asin": ("product", "description", "brand")},
    "tickets": {},
    "events": {"host": ("zone", "image")},
}


@pytest.mark.parametrize("split", SPLITS)
def test_every_family_is_in_every_split(split):
    workloads = PROBLEM.workloads(split)
    families = [w.family for w in workloads]
    assert families == [family for family in FAMILIES for _ in range(COPIES[split])]
    assert len({w.cluster for w in workloads}) == len(workloads) >= LEAST_CLUSTERS


@pytest.mark.parametrize("family", FAMILIES)
def test_numbers_determine_what_is_known_of_a_thing(family):
    columns = FAMILIES[family](Drawer(np.random.default_rng(1), 300, 1.0))
    assert len(columns) <= MOST_DRAWN_FIELDS
    for number, others in DETERMINED[family].items():
        for other in others:
            pairs = set(zip(columns[number], columns[other], strict=True))
            assert len(pairs) == len(set(columns[number])), (number, other)


def test_no_field_of_a_ticket_determines_another():
    columns = FAMILIES["tickets"](Drawer(np.random.default_rng(1), 300, 1.0))
    fields = {name: column for name, column in columns.items() if name != "id"}
    for name, column in fields.items():
        for other in fields.keys() - {name}:
            assert len(set(zip(column, fields[other], strict=True))) > len(set(column))


def test_popularity_follows_the_skew():
    def most_frequent(skew):
        picks = Drawer(np.random.default_rng(0), 10_000, skew).picks(50)
        return np.bincount(picks).max() / 10_000

    assert most_frequent(0.0) == pytest.approx(1 / 50, abs=0.01)
    assert most_frequent(1.0) == pytest.approx(1 / sum(1 / k for k in range(1, 51)), abs=0.02)


def test_fields_stand_in_other_places_in_every_table():
    places = set()
    for w in PROBLEM.workloads("search"):
        table = table_of(w.content)
        places.add(tuple(np.argsort(table.length[table.value].mean(axis=0)).tolist()))
    assert len(places) == len(PROBLEM.workloads("search"))


def test_a_salt_draws_another_sealed_split_that_fits():
    salted = drawn_workloads("sealed", PROBLEM.parameters, "salt")
    plain = PROBLEM.workloads("sealed")
    assert not {w.digest for w in salted} & {w.digest for w in plain}
    assert [w.family for w in salted] == [w.family for w in plain]
    problem = ProblemSpec("prefix_reordering", salt="salt").load()
    assert [w.digest for w in problem.workloads("sealed")] == [w.digest for w in salted]
    for w in salted:
        rows, fields = w.content["value"].shape
        assert rows <= MOST_DRAWN_ROWS
        assert fields <= problem.signature.maxima["fields"]
        assert len(w.content["text_bytes"]) <= problem.signature.maxima["values"]


def test_parameters_set_what_they_name():
    spec = {"rows": "50", "in_flight": "3", "cache_rows": "2"}
    problem = ProblemSpec("prefix_reordering", spec).load()
    for w in problem.workloads("selection"):
        table, given = table_of(w.content), problem.given(w)
        assert len(table.value) == 50
        assert given == {"in_flight": 3, "cache_chars": 2 * table.num_chars // 50}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rows", "19"), ("rows", "2001"), ("skew", "-1"), ("skew", "nan"), ("in_flight", "0"),
        ("cache_rows", "0"), ("block_rows", "2001"), ("block_rows", "1"),
    ],
)  # fmt: skip
def test_parameters_that_make_no_table_are_refused(name, value):
    with pytest.raises(UsageError, match=name):
        ProblemSpec("prefix_reordering", {name: value}).load()

"""The published figures, on the published table of beers."""

from __future__ import annotations

import gzip
import hashlib

import pytest

from evaluators.playing import play
from evaluators.problems.prefix_reordering.problem import PrefixReordering
from evaluators.problems.prefix_reordering.table import table_of
from evaluators.problems.prefix_reordering.table_file import whole_table
from evaluators.stats import LEAST_CLUSTERS
from tests.evaluators.problems.prefix_reordering.cases import hits_by_trie

SHA256 = "4682ba58e198962b26725c3d7a67f7ac53118c183c771d3ad3d8db21c80581c3"
PROBLEM = PrefixReordering()


@pytest.fixture(scope="module")
def path(data_dir):
    return data_dir / "prefix" / "beer.csv.gz"


@pytest.fixture(scope="module")
def beers(path):
    return whole_table(str(path))


def hit_share(workload, policy):
    return play(PROBLEM, workload, PROBLEM.baselines()[policy])[0].values["hit_share"]


def test_this_is_the_published_file(path, beers):
    assert hashlib.sha256(gzip.decompress(path.read_bytes())).hexdigest() == SHA256
    assert beers.content["value"].shape == (28_479, 9)


def test_as_it_is_the_table_has_the_published_hits(beers):
    assert round(hit_share(beers, "original"), 3) == 0.146


def test_these_are_the_hits_of_a_tree_of_characters(beers):
    table = table_of(beers.content)
    measured, (answer,) = play(PROBLEM, beers, PROBLEM.baselines()["frequent_values"])
    prompts = table.prompts(answer["row_order"], answer["field_order"])
    assert measured.breakdown["hit_chars"] == hits_by_trie(prompts)


@pytest.mark.soak
def test_one_order_for_all_rows_has_as_many_hits_as_the_published_program(beers):
    """0.7074: the public benchmark's starting program, run by us; its Greedy Group Recursion."""
    assert round(hit_share(beers, "best_fixed_order"), 3) == 0.710


def test_the_file_makes_three_splits_of_enough_tables(path):
    problem = PrefixReordering(workload_file=str(path))
    counts = {s: len(problem.workloads(s)) for s in ("search", "selection", "sealed")}
    assert counts == {"search": 11, "selection": 9, "sealed": 8}
    assert min(counts.values()) >= LEAST_CLUSTERS
    for w in problem.workloads("sealed")[:2]:
        limit = problem.limits(w)["hit_share"].value
        assert hit_share(w, "original") < hit_share(w, "best_fixed_order") < limit

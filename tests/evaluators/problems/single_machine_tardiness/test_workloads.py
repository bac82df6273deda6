"""Instances are those of the grid, each of them open, and parameters change what they say."""

from __future__ import annotations

import numpy as np
import pytest

from evaluators.errors import UsageError
from evaluators.problems.single_machine_tardiness.problem import SingleMachineTardiness
from evaluators.problems.single_machine_tardiness.simulator import earliest_due_date, tardiness
from evaluators.problems.single_machine_tardiness.workloads import (
    CELLS,
    SIZES,
    TardinessParameters,
    is_open,
    make_workloads,
)
from evaluators.registry import ProblemSpec

PROBLEM = SingleMachineTardiness()
SPLITS = ("search", "selection", "sealed")


@pytest.mark.parametrize("split", SPLITS)
def test_every_size_meets_every_cell_once(split):
    workloads = PROBLEM.workloads(split)
    assert [len(w.content["due_date"]) for w in workloads] == [n for n in SIZES for _ in CELLS]
    assert len({w.cluster for w in workloads}) == len(SIZES) * len(CELLS)
    assert {w.family for w in workloads} == {f"{n} jobs" for n in SIZES}


def test_due_dates_are_where_the_grid_puts_them():
    for w in PROBLEM.workloads("search"):
        tf, rdd = (
            float(part[len(k) :])
            for k, part in zip(("tf", "rdd"), w.id.split("-")[2:], strict=True)
        )
        total = w.content["processing_time"].sum()
        share = w.content["due_date"] / total
        assert share.min() >= max(0, 1 - tf - rdd / 2) - 1 / total
        assert share.max() <= 1 - tf + rdd / 2 + 1 / total
        assert w.content["processing_time"].min() >= 1
        assert w.content["processing_time"].max() <= 100


def test_every_instance_leaves_something_to_decide():
    for split in (*SPLITS, "tiny"):
        assert all(is_open(**w.content) for w in PROBLEM.workloads(split))


@pytest.mark.parametrize(("tf", "rdd"), [(0.2, 0.4), (0.2, 1.0), (0.4, 1.0)])
def test_cells_left_out_are_settled_by_due_date(tf, rdd):
    rng = np.random.default_rng(0)
    length = rng.integers(1, 101, 500)
    end = length.sum()
    due = rng.integers(round(end * (1 - tf - rdd / 2)), round(end * (1 - tf + rdd / 2)), 500)
    late = tardiness(length, due, earliest_due_date(length, due))
    assert late.sum() < 0.001 * 500 * end


def test_a_salt_draws_the_sealed_split_anew_and_no_other():
    salted = SingleMachineTardiness()
    salted.salt = "salt"
    for split in SPLITS:
        same = [
            v.digest == w.digest
            for v, w in zip(PROBLEM.workloads(split), salted.workloads(split), strict=True)
        ]
        assert not any(same) if split == "sealed" else all(same)


def test_parameters_change_what_they_say():
    def lengths(**given):
        workloads = make_workloads("search", TardinessParameters(**given))
        return np.concatenate([w.content["processing_time"] for w in workloads])

    assert len(lengths(jobs=50)) == 50 * len(CELLS)
    assert lengths(longest=10).max() == 10
    usual, tailed = lengths(), lengths(heavy_tailed=True)
    assert tailed.max() > 2 * usual.max()
    assert tailed.mean() == pytest.approx(usual.mean(), rel=0.1)


@pytest.mark.parametrize("given", [{"jobs": "1"}, {"jobs": "501"}, {"longest": "1"},
                                   {"longest": "1001"}])  # fmt: skip
def test_bad_parameters_are_the_users_fault(given):
    with pytest.raises(UsageError, match="expected") as caught:
        ProblemSpec("single_machine_tardiness", given).load()
    assert caught.value.hint

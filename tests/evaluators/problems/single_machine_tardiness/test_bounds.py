"""Decomposition finds the optimum, relaxation never passes it; what is kept is what they find."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.contract import SPLITS
from evaluators.problems.single_machine_tardiness import bounds
from evaluators.problems.single_machine_tardiness.bounds import total_tardiness_limit
from evaluators.problems.single_machine_tardiness.decomposition import least_total_tardiness
from evaluators.problems.single_machine_tardiness.problem import SingleMachineTardiness
from evaluators.problems.single_machine_tardiness.relaxation import (
    Relaxation,
    modified_due_date,
    total_tardiness_bound,
)
from evaluators.problems.single_machine_tardiness.simulator import log_total, tardiness
from evaluators.problems.single_machine_tardiness.workloads import (
    CELLS,
    TardinessParameters,
    make_workloads,
)
from tests.conftest import SOAK_FACTOR
from tests.evaluators.problems.single_machine_tardiness.cases import instances, least_by_sets

PROBLEM = SingleMachineTardiness()


@given(instances())
def test_decomposition_finds_the_optimum(instance):
    assert least_total_tardiness(*instance) == least_by_sets(*instance)


@pytest.mark.parametrize("cell", CELLS[:: 5 if SOAK_FACTOR == 1 else 1], ids=str)
def test_decomposition_finds_the_optimum_of_larger_instances(cell):
    jobs = 12 if SOAK_FACTOR == 1 else 15
    drawn = make_workloads("search", TardinessParameters(jobs=jobs))[CELLS.index(cell)].content
    instance = drawn["processing_time"], drawn["due_date"]
    assert least_total_tardiness(*instance) == least_by_sets(*instance)


def test_decomposition_gives_up_where_it_is_told_to():
    w = PROBLEM.workloads("search")[0].content
    assert least_total_tardiness(**w, most_parts=1) is None
    assert least_total_tardiness(**w, most_parts=10_000) == least_total_tardiness(**w)


def test_decomposition_is_deep_enough_for_the_largest_instances():
    jobs = 500
    length = np.arange(1, jobs + 1)
    nested = length.cumsum() - length // 2  # every job a little late by due date
    assert least_total_tardiness(length, nested, most_parts=5000) is not None


@given(instances())
def test_relaxation_never_passes_the_optimum(instance):
    assert total_tardiness_bound(*instance) <= least_by_sets(*instance)


@given(instances(most_jobs=6), st.integers(1, 12), st.integers(0, 2**32 - 1))
def test_any_prices_give_a_bound(instance, intervals, seed):
    price = np.random.default_rng(seed).normal(0, 3, intervals)
    bound, _ = Relaxation(*instance, intervals).bound(price)
    assert bound <= least_by_sets(*instance) + 1e-6


@pytest.mark.parametrize("index", range(0, len(CELLS), 4))
def test_relaxation_is_close_for_many_jobs(index):
    w = make_workloads("search", TardinessParameters(jobs=100))[index].content
    least, bound = least_total_tardiness(**w), total_tardiness_bound(**w)
    assert 0.9 * least <= bound <= least


@pytest.mark.parametrize("processor", ["Prescott", "Haswell"])
def test_bound_does_not_depend_on_the_processor(processor):
    """The kernels that numpy's linear algebra takes for it are named by OPENBLAS_CORETYPE."""
    w = next(w for w in PROBLEM.workloads("search") if w.id == "search-500-tf0.4-rdd0.2")
    script = f"""
import numpy as np
from {total_tardiness_bound.__module__} import total_tardiness_bound as bound
print(bound(np.array({w.content["processing_time"].tolist()}),
            np.array({w.content["due_date"].tolist()})))
"""
    printed = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"OPENBLAS_CORETYPE": processor},
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert int(printed) == bounds._known()[w.digest][0]


def test_all_generated_instances_have_a_known_limit():
    known = bounds._known()
    every = [w for split in SPLITS for w in PROBLEM.workloads(split)]
    assert {w.digest for w in every} == set(known)


@pytest.mark.timeout(300 if SOAK_FACTOR == 1 else 3600)
def test_known_limits_are_what_is_found():
    most_jobs = 100 if SOAK_FACTOR == 1 else 500
    known = bounds._known()
    for split in SPLITS:
        for w in PROBLEM.workloads(split):
            if len(w.content["due_date"]) <= most_jobs:
                assert known[w.digest] == total_tardiness_limit(**w.content), w.id


def test_known_limits_are_close_to_what_a_rule_reaches():
    for split in SPLITS:
        for w in PROBLEM.workloads(split):
            p, d = w.content["processing_time"], w.content["due_date"]
            reached = int(tardiness(p, d, modified_due_date(p, d)).sum())
            total, kind = bounds._known()[w.digest]
            assert total <= reached <= 1.5 * total, w.id
            assert kind == "optimum" or len(d) > bounds.ALWAYS_SOLVED_JOBS


def test_an_instance_that_is_not_known_is_solved():
    salted = make_workloads("sealed", TardinessParameters(), "salt")[0]
    assert salted.digest not in bounds._known()
    found = PROBLEM.limits(salted)["log_total_tardiness"]
    least = least_total_tardiness(**salted.content)
    assert least is not None
    p, d = (salted.content[k] for k in ("processing_time", "due_date"))
    assert found.value == log_total(least, p, d)
    assert found.kind == "optimum"


def test_the_box_is_not_empty():
    for split in ("search", "selection", "sealed"):
        for w in PROBLEM.workloads(split):
            limits = PROBLEM.limits(w)
            assert all(limits[o.name].value < o.reference for o in PROBLEM.objectives)

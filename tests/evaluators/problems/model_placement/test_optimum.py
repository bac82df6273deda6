"""CP-SAT finds the optimum, what is kept is what it finds, and that stands without it."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given

from evaluators.contract import SPLITS
from evaluators.errors import UsageError
from evaluators.problems.model_placement import bounds
from evaluators.problems.model_placement.instance import case_of
from evaluators.problems.model_placement.optimum import (
    least_max_pressure,
    max_pressure,
    placement_below,
)
from evaluators.problems.model_placement.parameters import PlacementParameters
from evaluators.problems.model_placement.problem import ModelPlacement
from evaluators.problems.model_placement.simulator import FULL_PRESSURE, pressure
from evaluators.problems.model_placement.workloads import make_workloads
from tests.conftest import SOAK_FACTOR
from tests.evaluators.problems.model_placement.cases import cases, every_placement

PROBLEM = ModelPlacement()
EVERY = [w for split in SPLITS for w in PROBLEM.workloads(split)]


@given(cases(most_models=6))
def test_the_optimum_is_that_of_all_placements(case):
    found, kind = least_max_pressure(case)
    every = [p for p in every_placement(case) if pressure(p, case).max() < FULL_PRESSURE]
    assert (found, kind) == (min(max_pressure(p, case) for p in every), "optimum")


@given(cases())
def test_a_placement_below_a_pressure_is_below_it(case):
    bound = max_pressure(case.previous, case)
    placed = placement_below(bound, case)
    if placed is not None:
        assert max_pressure(placed, case) < bound
        assert pressure(placed, case).max() == pytest.approx(float(max_pressure(placed, case)))


def test_all_own_cases_have_a_known_optimum():
    assert {w.digest for w in EVERY} == set(bounds._known())


def test_known_optima_are_what_is_found():
    """Of up to 6 GPUs, as others take seconds; of all with ADRS_SOAK=1."""
    most_gpus = 6 if SOAK_FACTOR == 1 else 9
    solved = [w for w in EVERY if case_of(w.content).num_gpus <= most_gpus]
    assert len(solved) > 40
    for w in solved:
        found = least_max_pressure(case_of(w.content))
        assert found == (bounds._known()[w.digest], "optimum"), w.id


def test_little_effort_gives_a_bound():
    case = case_of(PROBLEM.workloads("search")[-1].content)
    bound, kind = least_max_pressure(case, effort=1e-9)
    assert (kind, case.balanced_pressure <= bound) == ("bound", True)
    assert bound <= least_max_pressure(case)[0]


@pytest.fixture
def without_ortools(monkeypatch):
    for name in [m for m in sys.modules if m.split(".")[0] == "ortools"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "ortools", None)


def test_known_optima_need_no_solver(without_ortools):
    for w in EVERY:
        assert PROBLEM.limits(w)["max_pressure"].kind == "optimum"


def test_others_say_what_to_install(without_ortools):
    salted = make_workloads("sealed", PlacementParameters(), "another salt")[0]
    with pytest.raises(UsageError, match="ortools") as caught:
        PROBLEM.limits(salted)
    assert caught.value.hint == "pip install 'adrs[solvers]'"


def test_an_unknown_case_is_solved():
    salted = make_workloads("sealed", PlacementParameters(), "salt")[0]
    assert salted.digest not in bounds._known()
    assert bounds.pressure_limit(salted) == least_max_pressure(case_of(salted.content))
    assert PROBLEM.limits(salted)["max_pressure"].kind == "optimum"


def test_the_box_is_not_empty():
    for w in EVERY:
        limits = PROBLEM.limits(w)
        assert all(limits[o.name].value < o.reference for o in PROBLEM.objectives)


def test_moving_nothing_is_possible():
    for w in EVERY:
        case = case_of(w.content)
        assert pressure(case.previous, case).max() < FULL_PRESSURE
        assert np.bincount(case.previous, case.size_gb).max() < case.gpu_memory_gb

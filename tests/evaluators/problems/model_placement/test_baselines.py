"""The seed policies do what their sources describe, and leave something to find."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from evaluators.contract import Policy
from evaluators.playing import play, trusted_policy
from evaluators.problems.model_placement.greedy import greedy_placement
from evaluators.problems.model_placement.instance import case_of
from evaluators.problems.model_placement.optimum import max_pressure
from evaluators.problems.model_placement.problem import ModelPlacement
from evaluators.problems.model_placement.simulator import measure, observation_of, pressure
from evaluators.scoring import aggregate, limit_of_split
from tests.evaluators.problems.model_placement.cases import cases

PROBLEM = ModelPlacement()
DECIDE = {
    name: trusted_policy(PROBLEM, policy, {"seed": 0})
    for name, policy in PROBLEM.baselines().items()
}
SEARCH = PROBLEM.workloads("search")


def decide(name, case):
    return DECIDE[name](observation_of(case))


@given(cases())
@pytest.mark.parametrize("name", DECIDE)
def test_every_case_gets_a_placement_that_fits(name, case):
    measure(decide(name, case), case)


@given(cases())
def test_the_shipped_greedy_is_that_of_the_generator(case):
    placed = greedy_placement(case.size_gb, case.load, case.num_gpus, case.gpu_memory_gb)
    if placed is not None:
        assert decide("prism_greedy", case).tolist() == placed.tolist()


@given(cases())
def test_improvements_do_not_make_worse(case):
    def highest(name):
        return pressure(decide(name, case), case).max()

    assert highest("moves_that_pay") <= highest("keep") + 1e-12
    assert highest("bisection_packing") <= highest("keep") + 1e-12
    assert highest("bisection_numbered") == pytest.approx(highest("bisection_packing"))


def test_local_search_does_not_make_greedy_worse():
    for w in SEARCH:
        case = case_of(w.content)
        assert (
            pressure(decide("local_search", case), case).max()
            <= pressure(decide("prism_greedy", case), case).max()
        )


def test_local_search_leaves_no_better_move():
    for w in SEARCH:
        case = case_of(w.content)
        gpu = decide("local_search", case)
        reached = max_pressure(gpu, case)
        free_gb = case.gpu_memory_gb - np.bincount(gpu, case.size_gb, case.num_gpus)
        for model in range(case.num_models):
            for other in np.flatnonzero(free_gb > case.size_gb[model]):
                moved = gpu.copy()
                moved[model] = other
                assert max_pressure(moved, case) >= reached


def test_numbering_moves_less_and_changes_nothing_else():
    for w in SEARCH:
        case = case_of(w.content)
        packed, numbered = (decide(n, case) for n in ("bisection_packing", "bisection_numbered"))
        assert len(set(zip(packed.tolist(), numbered.tolist(), strict=True))) == len(set(packed))
    assert overall("bisection_numbered")[1] < overall("bisection_packing")[1] - 0.3


def test_first_fit_is_to_the_last_gb():
    assert max(play(PROBLEM, w, PROBLEM.baselines()["first_fit"])[0].breakdown["kvpr"]
               for w in SEARCH) == 1e6  # fmt: skip


def test_there_is_something_to_find():
    """Bisection is close to the optimum at the price of moves, and no baseline is near both."""
    o = PROBLEM.objectives[0]
    optimum = limit_of_split(PROBLEM, o, SEARCH)
    assert optimum.kind == "optimum"
    assert optimum.value < overall("bisection_packing")[0] < optimum.value + 0.05
    assert overall("keep")[1] == 0
    for name in DECIDE:
        value, moved = overall(name)
        assert value > optimum.value + 0.05 or moved > 0.2, name


@pytest.mark.parametrize("constant", ["0.1", "1.0"])
def test_between_the_ends_other_constants_are_not_dominated(constant):
    source = PROBLEM.baselines()["moves_that_pay"].source
    assert source.count("LEAST_GAIN = 0.5") == 1
    changed = source.replace("LEAST_GAIN = 0.5", f"LEAST_GAIN = {constant}")
    found = overall(None, Policy("changed", changed))
    for name in DECIDE:
        assert any(a < b for a, b in zip(found, overall(name), strict=True)), name


def overall(name, policy=None):
    """Pressure and moves on search."""
    policy = policy or PROBLEM.baselines()[name]
    values = {w.id: play(PROBLEM, w, policy)[0].values for w in SEARCH}
    return [
        aggregate(o, SEARCH, {k: v[o.name] for k, v in values.items()})
        for o in PROBLEM.objectives[:2]
    ]

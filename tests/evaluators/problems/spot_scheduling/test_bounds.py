"""The dynamic programme finds the least cost of all, and its plan attains it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators.problems.spot_scheduling.availability import PROCESSES, seeded
from evaluators.problems.spot_scheduling.bounds import cheapest_plan, least_usd, limits
from evaluators.problems.spot_scheduling.problem import SpotScheduling
from evaluators.problems.spot_scheduling.scenario import Scenario, scenario_of
from evaluators.problems.spot_scheduling.simulator import spot_episode
from tests.evaluators.problems.spot_scheduling.cases import (
    at_random,
    every_outcome,
    play,
    scenarios,
)


@given(scenarios(most_ticks=7))
def test_no_policy_at_all_is_cheaper(scenario):
    cheapest = min(m.values["cost"] for m in every_outcome(lambda: spot_episode(scenario)))
    assert least_usd(scenario) == pytest.approx(cheapest, abs=1e-9)


@given(scenarios())
def test_the_plan_costs_what_it_promises(scenario):
    plan = cheapest_plan(scenario)
    job = scenario.job

    def choose(seen):
        slack_s = job.deadline_s - seen["elapsed_s"] - seen["work_left_s"]
        return plan.next_machine(seen["elapsed_s"] // job.tick_s, seen["machine"], slack_s)

    assert play(spot_episode(scenario), choose).values["cost"] == pytest.approx(plan.usd, abs=1e-9)


@given(scenarios(), st.integers(0, 2**32 - 1))
def test_random_policies_are_no_better(scenario, seed):
    m = play(spot_episode(scenario), at_random(np.random.default_rng(seed)))
    for name, bound in limits(scenario).items():
        assert m.values[name] >= bound.value - 1e-9


def test_full_size_plans_are_replayed_at_equal_cost():
    problem = SpotScheduling()
    for w in problem.workloads("search")[::6]:
        played = problem.references(w)["clairvoyant"].values["cost"]
        assert played == pytest.approx(problem.limits(w)["cost"].value, abs=1e-9)


@settings(max_examples=10)
@given(st.sampled_from(PROCESSES), st.integers(1, 10**6))
def test_more_spot_is_never_dearer(process, seed):
    problem = SpotScheduling()
    w = problem.workloads("tiny")[-1]
    rng = seeded("test", str(seed))
    there = process.draw(rng, w.content["has_spot"].size)
    more = there | (rng.random(there.size) < 0.3)
    usd = [least_usd(_with(w, has_spot)) for has_spot in (there, more)]
    assert usd[1] <= usd[0] + 1e-9


def _with(workload, has_spot):
    s = scenario_of(workload)
    return Scenario(s.job, has_spot, s.spot_usd_per_h, s.on_demand_usd_per_h)

"""The dynamic programme finds the least cost of all, and its plan attains it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators.engines.preemptible_plan import least_usd
from evaluators.problems.spot_scheduling_regions.bounds import Clairvoyant, limits, market
from evaluators.problems.spot_scheduling_regions.problem import SpotSchedulingRegions
from evaluators.problems.spot_scheduling_regions.published import published_episode
from evaluators.problems.spot_scheduling_regions.simulator import own_episode
from tests.evaluators.problems.spot_scheduling_regions.region_cases import (
    at_random,
    every_outcome,
    play,
    scenarios,
)


@settings(max_examples=150)
@given(scenarios(most_ticks=6, most_zones=2))
def test_no_policy_at_all_is_cheaper(scenario):
    cheapest = min(m.values["cost"] for m in every_outcome(lambda: own_episode(scenario)))
    assert least_usd(market(scenario)) == pytest.approx(cheapest, abs=1e-9)


@given(scenarios())
def test_the_plan_costs_what_it_promises(scenario):
    clairvoyant = Clairvoyant.of(scenario)
    played = play(own_episode(scenario), clairvoyant.answer).values["cost"]
    assert played == pytest.approx(clairvoyant.plan.usd, abs=1e-9)
    assert clairvoyant.plan.usd == least_usd(market(scenario))


@given(scenarios(), st.integers(0, 2**32 - 1), st.booleans())
def test_random_policies_are_no_better(scenario, seed, is_published):
    episode = published_episode if is_published else own_episode
    m = play(episode(scenario), at_random(np.random.default_rng(seed)))
    for name, bound in limits(scenario, is_published).items():
        assert m.values[name] >= bound.value - 1e-9


def test_full_size_plans_are_replayed_at_equal_cost():
    problem = SpotSchedulingRegions()
    for w in problem.workloads("search")[::4]:
        played = problem.references(w)["clairvoyant"].values["cost"]
        assert played == pytest.approx(problem.limits(w)["cost"].value, abs=1e-9)


@given(scenarios())
def test_one_more_zone_is_never_dearer(scenario):
    """Nor is one less ever cheaper: who does not use a zone pays as if it were not there."""
    costs = [
        least_usd(market(_with_zones(scenario, n))) for n in range(1, 1 + len(scenario.region))
    ]
    assert all(more <= fewer + 1e-9 for fewer, more in pairwise(costs))


def _with_zones(scenario, count):
    return type(scenario)(
        scenario.job,
        scenario.region[:count],
        scenario.has_spot[:count],
        scenario.spot_usd_per_h[:count],
        scenario.on_demand_usd_per_h,
    )

"""The simulator keeps the engine's rules in every zone, bills what ran, and says what there is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.engines.preemptible import NONE, ON_DEMAND, SPOT, Job
from evaluators.errors import InvalidAction
from evaluators.problems.spot_scheduling import simulator as single
from evaluators.problems.spot_scheduling.scenario import Scenario as SingleScenario
from evaluators.problems.spot_scheduling_regions.published import published_episode
from evaluators.problems.spot_scheduling_regions.scenario import Scenario
from evaluators.problems.spot_scheduling_regions.simulator import own_episode
from tests.evaluators.problems.spot_scheduling_regions.region_cases import (
    TICK_S,
    at_random,
    play,
    scenarios,
)

SEEDS = st.integers(0, 2**32 - 1)
MINUTE_USD = 1 / 60  # of a machine at 1 USD/h


def scenario_of(has_spot, usd_per_h, work=4, deadline=12, restart_s=0):
    """Zones by rows of 0 and 1, each at one price or at one per tick."""
    has_spot = np.array(has_spot, dtype=bool)
    prices = np.array(np.broadcast_to(np.array(usd_per_h, dtype=float), has_spot.shape))
    job = Job(work * TICK_S, deadline * TICK_S, restart_s, TICK_S)
    return Scenario(job, np.zeros(len(has_spot), dtype=int), has_spot, prices, 3.0)


def following(*answers):
    """Answers in turn; the last one is repeated."""
    left = list(answers)

    def answer(seen):
        kind, zone = left.pop(0) if len(left) > 1 else left[0]
        return {"next_machine": kind, "next_zone": zone}

    return answer


@given(scenarios(most_zones=1), SEEDS)
def test_one_zone_at_one_price_is_the_problem_next_door(scenario, seed):
    """With starts of a tick at most, which that problem is limited to."""
    if scenario.job.start_ticks > 1:
        return
    prices = np.full(scenario.spot_usd_per_h.shape, 0.9731)
    own = Scenario(scenario.job, scenario.region, scenario.has_spot, prices, 3.06)
    alone = SingleScenario(scenario.job, scenario.has_spot[0], 0.9731, 3.06)
    here = play(own_episode(own), at_random(np.random.default_rng(seed)))
    choose = at_random(np.random.default_rng(seed))
    there = play(
        single.spot_episode(alone),
        lambda seen: _without_zone(choose({**seen, "zone": 0, "has_spot": [seen["has_spot"]]})),
    )
    assert here.values["cost"] == pytest.approx(there.values["cost"])
    assert here.values["deadline_misses"] == there.values["deadline_misses"]
    assert here.values["restarts"] == there.breakdown["starts"] - 1
    assert here.breakdown["preemptions"] == there.values["preemptions"]


def _without_zone(answer):
    return {"next_machine": answer["next_machine"]}


@given(scenarios(), SEEDS, st.booleans())
def test_the_work_is_done_and_every_start_is_paid_for(scenario, seed, is_published):
    episode = published_episode if is_published else own_episode
    m = play(episode(scenario), at_random(np.random.default_rng(seed)))
    machine_h = m.breakdown["spot_h"] + m.breakdown["on_demand_h"]
    start_h = scenario.job.restart_s / 3600
    assert machine_h >= scenario.job.work_s / 3600 + start_h - 1e-9
    assert m.breakdown["finished_h"] == pytest.approx(machine_h + m.breakdown["idle_h"])
    assert m.values["restarts"] <= m.breakdown["finished_h"] * 3600 / TICK_S


@given(scenarios(), SEEDS)
def test_only_a_late_preemption_makes_a_job_late(scenario, seed):
    """By the tick in which it is noticed, and those that the start takes, at most."""
    m = play(own_episode(scenario), at_random(np.random.default_rng(seed)))
    late_s = m.breakdown["finished_h"] * 3600 - scenario.job.deadline_s
    assert late_s <= TICK_S * (1 + scenario.job.start_ticks) + 1e-6
    if m.values["deadline_misses"]:
        assert m.breakdown["preemptions"] >= 1


@given(scenarios(), st.integers(0, 3))
def test_on_demand_alone_is_in_time_and_starts_once(scenario, zone):
    zone %= len(scenario.region)
    m = play(own_episode(scenario), following((ON_DEMAND, zone)))
    assert m.values["deadline_misses"] == m.values["restarts"] == 0


@given(scenarios(), SEEDS)
def test_what_is_seen_does_not_depend_on_what_comes(scenario, seed):
    cut = int(np.random.default_rng(seed).integers(0, scenario.has_spot.shape[1] + 1))
    there, prices = scenario.has_spot.copy(), scenario.spot_usd_per_h.copy()
    there[:, cut:] = ~there[:, cut:]
    prices[:, cut:] *= 0.5
    other = Scenario(scenario.job, scenario.region, there, prices, 3.06)

    def seen_before_the_cut(played):
        seen = []

        def answer(s):
            seen.append({k: np.array(v).tolist() for k, v in s.items()})
            return at_random(np.random.default_rng([seed, s["elapsed_s"]]))(s)

        play(own_episode(played), answer)
        return [s for s in seen if s["elapsed_s"] < cut * TICK_S]

    assert seen_before_the_cut(scenario) == seen_before_the_cut(other)


def test_every_tick_costs_what_its_own_zone_costs_then():
    two = scenario_of([[1] * 12, [1] * 12], [[1.0, 1.1] * 6, [2.0, 2.2] * 6])
    m = play(own_episode(two), following((SPOT, 0), (SPOT, 0), (SPOT, 1), (SPOT, 1)))
    assert m.values["cost"] == pytest.approx((1.0 + 1.1 + 2.0 + 2.2) * MINUTE_USD)
    m = play(published_episode(two), following((SPOT, 0), (SPOT, 0), (SPOT, 1), (SPOT, 1)))
    assert m.values["cost"] == pytest.approx(4 * 2.0 * MINUTE_USD)  # the last zone's first price


def test_a_move_is_a_start_but_not_as_published():
    two = scenario_of([[1] * 12, [1] * 12], 1.0, work=4, restart_s=60)
    moving = ((SPOT, 0), (SPOT, 0), (SPOT, 1))
    m = play(own_episode(two), following(*moving))
    assert (m.values["restarts"], m.breakdown["moves"]) == (1, 1)
    assert m.breakdown["spot_h"] * 60 == pytest.approx(6)
    m = play(published_episode(two), following(*moving))
    assert m.values["restarts"] == 0
    assert m.breakdown["spot_h"] * 60 == pytest.approx(5)


def test_a_start_that_is_broken_off_was_for_nothing():
    """Two of three ticks of a start in zone 0, then a whole one in zone 1."""
    two = scenario_of([[1, 1, 0, 1, 1, 1] * 3, [1] * 18], 1.0, work=3, deadline=16, restart_s=180)
    left = []

    def answer(seen):
        left.append((seen["restart_left_s"], seen["was_preempted"]))
        return {"next_machine": SPOT, "next_zone": 0 if len(left) <= 2 else 1}

    m = play(own_episode(two), answer)
    assert left[:6] == [
        (0, False), (120, False), (0, True), (120, False), (60, False), (0, False),
    ]  # fmt: skip
    assert m.values["restarts"] == m.breakdown["preemptions"] == 1
    assert m.breakdown["spot_h"] * 60 == pytest.approx(2 + 3 + 3)


def test_waiting_may_name_another_zone():
    two = scenario_of([[0] * 12, [1] * 12], 1.0)
    zones = []

    def answer(seen):
        zones.append(seen["zone"])
        return {"next_machine": NONE, "next_zone": 1} if len(zones) < 3 else {
            "next_machine": SPOT, "next_zone": 1,
        }  # fmt: skip

    play(own_episode(two), answer)
    assert zones[:4] == [0, 1, 1, 1]


def test_spot_where_there_is_none_is_refused():
    episode = own_episode(scenario_of([[1] * 12, [0] * 12], 1.0))
    next(episode)
    with pytest.raises(InvalidAction, match=r"next_zone 1 at tick 0, where has_spot\[1\] is false"):
        episode.send({"next_machine": SPOT, "next_zone": 1})


def test_a_preemption_at_the_last_moment_makes_a_job_late():
    """On working spot when the choice ends, then spot goes: a tick is lost and a start too many."""
    one = scenario_of([[1, 1, 1] + [0] * 7], 1.0, work=4, deadline=8, restart_s=120)
    m = play(own_episode(one), following((SPOT, 0)))
    assert m.values["deadline_misses"] == 1
    assert m.values["cost"] == pytest.approx((3 * 1 + 5 * 3) * MINUTE_USD)
    assert m.breakdown["finished_h"] * 60 == pytest.approx(9)


def test_spot_that_is_still_being_started_when_the_choice_ends_is_given_up():
    one = scenario_of([[1] * 10], 1.0, work=4, deadline=7, restart_s=120)
    m = play(own_episode(one), following((SPOT, 0)))
    assert m.values["deadline_misses"] == 0
    assert m.breakdown["spot_h"] * 60 == pytest.approx(1)
    assert m.breakdown["on_demand_h"] * 60 == pytest.approx(6)

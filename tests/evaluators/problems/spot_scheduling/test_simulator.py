"""The simulator keeps the public one's rules, bills what ran, and lets nothing be talked into."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.engines.preemptible import Job
from evaluators.errors import InvalidAction
from evaluators.problems.spot_scheduling.scenario import ON_DEMAND, SPOT, Scenario
from evaluators.problems.spot_scheduling.simulator import spot_episode
from tests.evaluators.problems.spot_scheduling.cases import (
    TICK_S,
    at_random,
    play,
    published_rules,
    scenarios,
)

SEEDS = st.integers(0, 2**32 - 1)


@given(scenarios(), SEEDS)
def test_it_agrees_with_the_published_rules(scenario, seed):
    measured = play(spot_episode(scenario), at_random(np.random.default_rng(seed)))
    usd, ticks, preemptions = published_rules(scenario, at_random(np.random.default_rng(seed)))
    assert measured.values["cost"] == pytest.approx(usd, abs=1e-9)
    assert measured.breakdown["finished_h"] == pytest.approx(ticks * TICK_S / 3600)
    assert measured.values["preemptions"] == preemptions
    assert measured.values["deadline_misses"] == (ticks > scenario.job.deadline_ticks)


@given(scenarios(), SEEDS)
def test_the_work_is_done_and_paid_for(scenario, seed):
    m = play(spot_episode(scenario), at_random(np.random.default_rng(seed)))
    machine_h = m.breakdown["spot_h"] + m.breakdown["on_demand_h"]
    overhead_h = m.breakdown["starts"] * scenario.job.restart_s / 3600
    assert machine_h >= scenario.job.work_s / 3600 + overhead_h - 1e-9
    assert m.breakdown["finished_h"] == pytest.approx(machine_h + m.breakdown["idle_h"])
    bill = (
        m.breakdown["spot_h"] * scenario.spot_usd_per_h
        + m.breakdown["on_demand_h"] * scenario.on_demand_usd_per_h
    )
    assert m.values["cost"] == pytest.approx(bill)


@given(scenarios(), SEEDS)
def test_only_a_late_preemption_makes_a_job_late(scenario, seed):
    """By two ticks at most: the one in which it is noticed, and one that the restart takes."""
    m = play(spot_episode(scenario), at_random(np.random.default_rng(seed)))
    late_s = m.breakdown["finished_h"] * 3600 - scenario.job.deadline_s
    assert late_s <= 2 * TICK_S + 1e-6
    if m.values["deadline_misses"]:
        assert m.values["preemptions"] >= 1


@given(scenarios(), SEEDS)
def test_on_demand_alone_is_in_time(scenario, seed):
    m = play(spot_episode(scenario), lambda seen: ON_DEMAND)
    assert m.values["deadline_misses"] == m.values["preemptions"] == 0


@given(scenarios(), SEEDS)
def test_what_is_seen_does_not_depend_on_what_comes(scenario, seed):
    """Availability after a tick is another: everything seen up to that tick is the same."""
    rng = np.random.default_rng(seed)
    cut = int(rng.integers(0, len(scenario.has_spot) + 1))
    other = scenario.has_spot.copy()
    other[cut:] = ~other[cut:]
    changed = Scenario(scenario.job, other, scenario.spot_usd_per_h, scenario.on_demand_usd_per_h)

    def seen_before_the_cut(played):
        seen = []
        play(spot_episode(played), lambda s: seen.append(s) or at_random(rng_of(s))(s))
        return [s for s in seen if s["elapsed_s"] < cut * TICK_S]

    def rng_of(observation):
        return np.random.default_rng([seed, observation["elapsed_s"]])

    assert seen_before_the_cut(scenario) == seen_before_the_cut(changed)


def test_spot_where_there_is_none_is_refused():
    job = Job(4 * TICK_S, 9 * TICK_S, 72, TICK_S)
    episode = spot_episode(Scenario(job, np.zeros(9, dtype=bool), 1.0, 3.0))
    next(episode)
    with pytest.raises(InvalidAction, match="tick 0, where has_spot is false"):
        episode.send({"next_machine": SPOT})


def test_a_preemption_at_the_last_moment_makes_a_job_late():
    """On spot until no slack is left, then spot goes: a tick is lost and a start too many."""
    job = Job(3 * TICK_S, 6 * TICK_S, 600, TICK_S)
    there = np.array([False, True, True, True, False, False])
    m = play(
        spot_episode(Scenario(job, there, 1.0, 3.0)), lambda s: "spot" if s["has_spot"] else "none"
    )
    assert m.values == {
        "cost": pytest.approx((3 * 1 + 2 * 3) / 6),
        "deadline_misses": 1.0,
        "preemptions": 1.0,
    }

"""The seed policies do what their sources describe, and leave something to find."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given

from evaluators.playing import play, trusted_policy
from evaluators.problems.single_machine_tardiness.problem import SingleMachineTardiness
from evaluators.problems.single_machine_tardiness.relaxation import modified_due_date
from evaluators.problems.single_machine_tardiness.simulator import tardiness
from evaluators.scoring import aggregate, limit_of_split
from tests.evaluators.problems.single_machine_tardiness.cases import instances

PROBLEM = SingleMachineTardiness()
DECIDE = {
    name: trusted_policy(PROBLEM, policy, {"seed": 0})
    for name, policy in PROBLEM.baselines().items()
}


def decide(name, instance):
    length, due = instance
    return DECIDE[name]({"processing_time": length.copy(), "due_date": due.copy()})


def total(name, instance):
    return int(tardiness(*instance, decide(name, instance)).sum())


def plain_dispatch(instance, priority):
    """The job of the least priority(p, d, now, jobs left) is next."""
    length, due = (x.tolist() for x in instance)
    left, now, sequence = list(range(len(due))), 0, []
    while left:
        mean = sum(length[j] for j in left) / len(left)
        job = min(left, key=lambda j: priority(length[j], due[j], now, mean))
        sequence.append(job)
        left.remove(job)
        now += length[job]
    return sequence


def atc(p, d, now, mean):
    return -math.exp(-max(0, d - p - now) / (2 * mean)) / p, p


def covert(p, d, now, mean):
    return -max(0, 1 - max(0, d - p - now) / (2 * p)) / p, d, p


def mdd(p, d, now, mean):
    return max(d, now + p), p


@given(instances())
@pytest.mark.parametrize(("name", "priority"), [("atc", atc), ("covert", covert), ("mdd", mdd)])
def test_rules_agree_with_plain_loops(name, priority, instance):
    plain = np.array(plain_dispatch(instance, priority))
    assert total(name, instance) == pytest.approx(tardiness(*instance, plain).sum(), abs=1e-9)


@given(instances(most_jobs=12))
def test_the_shipped_rule_is_that_of_the_bounds(instance):
    assert decide("mdd", instance).tolist() == modified_due_date(*instance).tolist()


@given(instances(most_jobs=12))
def test_improvements_do_not_make_worse(instance):
    assert total("mdd_insertion", instance) <= total("mdd", instance)
    assert total("nbr", instance) <= total("edd", instance)


@given(instances(most_jobs=12))
def test_psk_is_the_modified_due_date(instance):
    """Both choose alike, up to ties."""
    length, due = instance
    if len(set(due.tolist())) == len(due) and len(set(length.tolist())) == len(length):
        assert total("psk", instance) == total("mdd", instance)


@given(instances(most_jobs=7))
def test_insertion_leaves_no_better_place_for_any_job(instance):
    sequence = decide("mdd_insertion", instance).tolist()
    reached = total("mdd_insertion", instance)
    for job in sequence:
        others = [j for j in sequence if j != job]
        for at in range(len(sequence)):
            moved = np.array([*others[:at], job, *others[at:]])
            assert tardiness(*instance, moved).sum() >= reached


def test_shortest_first_is_optimal_where_all_are_late():
    length = np.random.default_rng(0).integers(1, 100, 30)
    instance = length, np.zeros(30, dtype=int)
    assert total("spt", instance) == total("mdd_insertion", instance)


def test_there_is_something_to_find():
    """Even local search is above the limit, and no rule is near both limits."""
    workloads = PROBLEM.workloads("search")
    total_, largest = PROBLEM.objectives[:2]

    def overall(o, name):
        policy = PROBLEM.baselines()[name]
        values = {w.id: play(PROBLEM, w, policy)[0].values[o.name] for w in workloads}
        return aggregate(o, workloads, values)

    least = limit_of_split(PROBLEM, total_, workloads).value
    assert least < overall(total_, "mdd_insertion") < overall(total_, "mdd") - 0.005
    assert overall(largest, "edd") == pytest.approx(
        limit_of_split(PROBLEM, largest, workloads).value
    )
    assert overall(largest, "mdd") > overall(largest, "edd") + 0.1

"""What a sequence costs, as properties."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.playing import replay
from evaluators.problems.single_machine_tardiness.problem import OBJECTIVES, SingleMachineTardiness
from evaluators.problems.single_machine_tardiness.simulator import (
    earliest_due_date,
    sequencing_episode,
    tardiness,
)
from evaluators.problems.single_machine_tardiness.workloads import is_open, make_workload
from tests.evaluators.problems.single_machine_tardiness.cases import instances


@st.composite
def sequenced(draw):
    length, due = draw(instances())
    return length, due, np.array(draw(st.permutations(range(len(due)))))


@given(sequenced())
def test_tardiness_agrees_with_a_clock(case):
    length, due, sequence = case
    now, expected = 0, []
    for job in sequence.tolist():
        now += int(length[job])
        expected.append(max(0, now - int(due[job])))
    assert tardiness(length, due, sequence).tolist() == expected


@given(sequenced(), st.integers(0, 50))
def test_later_due_dates_make_nobody_later(case, more):
    length, due, sequence = case
    assert (tardiness(length, due + more, sequence) <= tardiness(length, due, sequence)).all()


@given(instances(most_jobs=6))
def test_no_sequence_has_a_smaller_largest_tardiness_than_by_due_date(instance):
    length, due = instance
    every = [tardiness(length, due, np.array(s)).max() for s in permutations(range(len(due)))]
    assert tardiness(length, due, earliest_due_date(length, due)).max() == min(every)


@given(sequenced())
def test_values_are_within_what_the_objectives_declare(case):
    length, due, sequence = case
    if not is_open(length, due):
        return
    workload = make_workload("w", "f", {"processing_time": length, "due_date": due})
    measured = replay(SingleMachineTardiness(), workload, [{"sequence": sequence}])
    worst = {o.name: o.worst for o in OBJECTIVES}
    assert all(value <= worst[name] for name, value in measured.values.items())
    edd = int(tardiness(length, due, earliest_due_date(length, due)).sum())
    ratio = measured.breakdown["total_tardiness"] / edd
    assert np.exp(measured.values["log_total_tardiness"]) == pytest.approx(ratio)


def test_what_a_policy_writes_to_its_arguments_is_not_read_again():
    length, due = np.array([3, 2, 4]), np.array([3, 3, 3])
    episode = sequencing_episode(length, due)
    asked = next(episode)
    asked["processing_time"][...] = 1
    asked["due_date"][...] = 100
    with pytest.raises(StopIteration) as end:
        episode.send({"sequence": np.array([1, 0, 2])})
    assert end.value.value.breakdown == {"total_tardiness": 8.0, "late_jobs": 2.0}

"""A job's progress on machines of any name, and jobs that make no sense."""

from __future__ import annotations

import pytest

from evaluators.engines.preemptible import Job, Progress

TICK_S = 600


def progress(work=4, deadline=9, restart_s=360):
    return Progress(Job(work * TICK_S, deadline * TICK_S, restart_s, TICK_S))


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ((0, 6000, 0, 600), "at least a second"),
        ((600, 6000, -1, 600), "at least a second"),
        ((600, 6100, 0, 600), "no multiple of the tick"),
        ((5900, 6000, 200, 600), "do not fit"),
    ],
)
def test_a_job_that_makes_no_sense_is_refused(numbers, said):
    with pytest.raises(ValueError, match=said):
        Job(*numbers)


def test_every_change_of_machine_is_a_start():
    job = progress(work=8, deadline=20)
    for machine in ("spot", "spot", "on_demand", ("spot", "us-east"), ("spot", "us-west")):
        job.advance(machine)
    assert job.starts == 4
    assert job.work_left_s == 8 * TICK_S - 5 * TICK_S + 4 * 360


def test_a_start_after_a_pause_or_a_preemption_is_a_start():
    job = progress(work=8, deadline=20)
    job.advance("spot")
    job.preempt()
    job.advance("spot")
    job.advance(None)
    job.advance("spot")
    assert job.starts == 3
    assert job.elapsed_s == 4 * TICK_S


def test_a_start_may_take_several_ticks():
    """And is lost with the machine."""
    job = progress(work=4, deadline=20, restart_s=1500)
    assert job.job.start_ticks == 3
    worked = []
    for machine in ("spot", "spot", "on_demand", "on_demand", "on_demand", "on_demand"):
        before_s = job.work_left_s
        job.advance(machine)
        worked.append(before_s - job.work_left_s)
    assert worked == [0, 0, 0, 0, 300, 600]
    assert job.is_working
    assert job.starts == 2


def test_what_is_being_started_does_not_work_yet():
    job = progress(restart_s=TICK_S)
    assert not job.is_working
    job.advance("spot")
    assert job.is_working
    job.preempt()
    assert not job.is_working


def test_once_critical_always_critical():
    """With a tick and a restart of slack there is a choice; with a second less there is none."""
    job = progress(work=4, deadline=6, restart_s=600)
    assert not job.is_critical
    job.advance(None)
    assert job.is_critical
    while not job.is_done:
        assert job.is_critical
        job.advance("on_demand")
    assert not job.is_late
    assert job.tick == 6

"""Plays one scenario: asks at every tick at which there is a choice, and bills what ran."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

from evaluators.contract import Action, Measurements, Observation
from evaluators.engines.preemptible import Progress
from evaluators.errors import InvalidAction
from evaluators.problems.spot_scheduling.scenario import NONE, ON_DEMAND, SPOT, Scenario


@dataclass(slots=True)
class _Bill:
    """What was used so far."""

    spot_ticks: int = 0
    on_demand_ticks: int = 0
    idle_ticks: int = 0
    preemptions: int = 0

    def add(self, machine: str | None) -> None:
        if machine is None:
            self.idle_ticks += 1
        elif machine == SPOT:
            self.spot_ticks += 1
        else:
            self.on_demand_ticks += 1


def spot_episode(scenario: Scenario) -> Generator[Observation, Action, Measurements]:
    """Play a scenario to the end of its job. Raises InvalidAction."""
    progress, bill = Progress(scenario.job), _Bill()
    available = scenario.has_spot.tolist()
    while not progress.is_done:
        has_spot = progress.tick < len(available) and available[progress.tick]
        was_on = progress.machine
        was_preempted = was_on == SPOT and not has_spot
        if was_preempted:
            progress.preempt()
            bill.preemptions += 1
        if progress.is_critical:
            machine = _forced(was_on, has_spot)
        else:
            action = yield _observation(progress, has_spot, was_preempted)
            machine = _chosen(action, progress.tick, has_spot)
        progress.advance(machine)
        bill.add(machine)
    return _measured(scenario, progress, bill)


def _observation(progress: Progress, has_spot: bool, was_preempted: bool) -> Observation:
    return {
        "elapsed_s": progress.elapsed_s,
        "work_left_s": progress.work_left_s,
        "machine": NONE if progress.machine is None else progress.machine,
        "has_spot": has_spot,
        "was_preempted": was_preempted,
    }


def _chosen(action: Action, tick: int, has_spot: bool) -> str | None:
    chosen: str = action["next_machine"]
    if chosen == SPOT and not has_spot:
        raise InvalidAction(
            f"next_machine is {SPOT!r} at tick {tick}, where has_spot is false:"
            f" expected {NONE!r} or {ON_DEMAND!r}"
        )
    return None if chosen == NONE else chosen


def _forced(was_on: object, has_spot: bool) -> str | None:
    """What the public simulator does without asking: a preemption costs the tick it is seen in."""
    if was_on == SPOT:
        return SPOT if has_spot else None
    return ON_DEMAND


def _measured(scenario: Scenario, progress: Progress, bill: _Bill) -> Measurements:
    hours = scenario.job.tick_s / 3600
    return Measurements(
        {
            "cost": bill.spot_ticks * scenario.usd_per_tick(SPOT)
            + bill.on_demand_ticks * scenario.usd_per_tick(ON_DEMAND),
            "deadline_misses": float(progress.is_late),
            "preemptions": float(bill.preemptions),
        },
        {
            "spot_h": bill.spot_ticks * hours,
            "on_demand_h": bill.on_demand_ticks * hours,
            "idle_h": bill.idle_ticks * hours,
            "starts": float(progress.starts),
            "finished_h": progress.elapsed_s / 3600,
        },
    )

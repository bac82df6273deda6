"""Plays one scenario: asks at every tick at which there is a choice, and bills what ran, where."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field

import numpy as np

from evaluators.contract import Action, Measurements, Observation
from evaluators.engines.preemptible import NONE, ON_DEMAND, SPOT, Progress
from evaluators.errors import InvalidAction
from evaluators.problems.spot_scheduling_regions.scenario import Scenario

Machine = tuple[str, int]  # kind and zone


def own_episode(scenario: Scenario) -> Generator[Observation, Action, Measurements]:
    """Play a scenario to the end of its job; every tick costs its own zone's price of that tick.

    Raises InvalidAction.
    """
    progress, seen = Progress(scenario.job), Seen(scenario)
    while not progress.is_done:
        was_on, was_working = progress.machine, progress.is_working
        has_spot = seen.has_spot_at(progress.tick)
        was_preempted = is_gone(was_on, has_spot)
        if was_preempted:
            progress.preempt()
            seen.preemptions += 1
        if progress.is_critical:
            machine = _forced(was_on, was_working, was_preempted, seen.zone)
        else:
            on = NONE if progress.machine is None else kind_of(progress.machine)
            action = yield seen.observation(progress, on, was_preempted)
            seen.zone = int(action["next_zone"])
            machine = _chosen(action, progress.tick, has_spot)
        seen.add(machine, progress)
        progress.advance(machine)
    return seen.measured(progress, seen.usd)


def kind_of(machine: object) -> str:
    """The kind of a machine that is a kind and a zone."""
    assert isinstance(machine, tuple)
    return str(machine[0])


def is_gone(machine: object, has_spot: np.ndarray) -> bool:
    """Whether it is a spot machine in a zone that has none any more."""
    return isinstance(machine, tuple) and machine[0] == SPOT and not has_spot[machine[1]]


@dataclass(slots=True)
class Seen:
    """What an episode shows, and what it came to so far."""

    scenario: Scenario
    zone: int = 0
    usd: float = 0.0
    ticks: dict[str, int] = field(default_factory=lambda: {NONE: 0, SPOT: 0, ON_DEMAND: 0})
    preemptions: int = 0
    moves: int = 0
    _has_spot: np.ndarray = field(init=False)
    _usd_per_h: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self._has_spot = np.ascontiguousarray(self.scenario.has_spot.T)
        self._usd_per_h = np.ascontiguousarray(self.scenario.spot_usd_per_h.T)
        for array in (self._has_spot, self._usd_per_h):
            array.setflags(write=False)

    def has_spot_at(self, tick: int) -> np.ndarray:
        """bool[zones]."""
        if tick < len(self._has_spot):
            there: np.ndarray = self._has_spot[tick]
            return there
        return np.zeros(len(self.scenario.region), dtype=bool)

    def usd_per_h_at(self, tick: int) -> np.ndarray:
        """float64[zones]; after the end the last prices stay."""
        prices: np.ndarray = self._usd_per_h[min(tick, len(self._usd_per_h) - 1)]
        return prices

    def observation(self, progress: Progress, kind: str, was_preempted: bool) -> Observation:
        """What a policy is shown before a tick."""
        return {
            "elapsed_s": progress.elapsed_s,
            "work_left_s": progress.work_left_s,
            "machine": kind,
            "zone": self.zone,
            "restart_left_s": progress.restart_left_s if progress.machine is not None else 0,
            "has_spot": self.has_spot_at(progress.tick),
            "spot_usd_per_h": self.usd_per_h_at(progress.tick),
            "was_preempted": was_preempted,
        }

    def add(self, machine: Machine | None, progress: Progress) -> None:
        """Note what runs in the coming tick, and what it costs."""
        kind, zone = machine or (NONE, self.zone)
        self.ticks[kind] += 1
        if kind == SPOT:
            self.usd += float(self._usd_per_h[progress.tick, zone]) * self.scenario.tick_h
        elif kind == ON_DEMAND:
            self.usd += self.scenario.on_demand_usd_per_h * self.scenario.tick_h
        self.moves += machine is not None and progress.machine not in (None, machine)

    def measured(self, progress: Progress, usd: float) -> Measurements:
        """What the episode came to."""
        tick_h = self.scenario.tick_h
        return Measurements(
            {
                "cost": usd,
                "deadline_misses": float(progress.is_late),
                "restarts": float(progress.starts - 1),
            },
            {
                "spot_h": self.ticks[SPOT] * tick_h,
                "on_demand_h": self.ticks[ON_DEMAND] * tick_h,
                "idle_h": self.ticks[NONE] * tick_h,
                "preemptions": float(self.preemptions),
                "moves": float(self.moves),
                "finished_h": progress.elapsed_s / 3600,
            },
        )


def _chosen(action: Action, tick: int, has_spot: np.ndarray) -> Machine | None:
    kind, zone = str(action["next_machine"]), int(action["next_zone"])
    if kind == SPOT and not has_spot[zone]:
        raise InvalidAction(
            f"next_machine is {SPOT!r} in next_zone {zone} at tick {tick}, where has_spot[{zone}]"
            f" is false: expected a zone whose has_spot is true, {NONE!r} or {ON_DEMAND!r}"
        )
    return None if kind == NONE else (kind, zone)


def _forced(was_on: object, was_working: bool, was_preempted: bool, zone: int) -> Machine | None:
    """What the public simulator does without asking: a preemption costs the tick it is seen in."""
    if was_working and isinstance(was_on, tuple) and was_on[0] == SPOT:
        return None if was_preempted else (SPOT, was_on[1])
    return (ON_DEMAND, zone)

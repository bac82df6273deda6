"""The public simulator's rules, to the letter, with its flaws; for published figures alone.

- The whole job is billed at the first spot price of the zone that was named last.
- Zones make no difference between machines: what runs goes on in another zone without a start.
- It asks to the end. Once there is no choice left the answer's kind is overridden, its zone is not.
- Spot where there is none turns into waiting.
"""

from __future__ import annotations

from collections.abc import Generator

from evaluators.contract import Action, Measurements, Observation
from evaluators.engines.preemptible import NONE, ON_DEMAND, SPOT, Progress
from evaluators.problems.spot_scheduling_regions.scenario import Scenario
from evaluators.problems.spot_scheduling_regions.simulator import Seen


def published_episode(scenario: Scenario) -> Generator[Observation, Action, Measurements]:
    """Play a scenario to the end of its job; machines are kinds, the zone is where one looks."""
    progress, seen = Progress(scenario.job), Seen(scenario)
    while not progress.is_done:
        was_on, was_working = progress.machine, progress.is_working
        has_spot = seen.has_spot_at(progress.tick)
        was_preempted = was_on == SPOT and not has_spot[seen.zone]
        if was_preempted:
            progress.preempt()
            seen.preemptions += 1
        on = NONE if progress.machine is None else str(progress.machine)
        action = yield seen.observation(progress, on, was_preempted)
        kind, seen.zone = str(action["next_machine"]), int(action["next_zone"])
        if progress.is_critical:
            kind = SPOT if was_on == SPOT and was_working else ON_DEMAND
        if kind == SPOT and not has_spot[seen.zone]:
            kind = NONE
        seen.ticks[kind] += 1
        progress.advance(None if kind == NONE else kind)
    return seen.measured(progress, _usd(scenario, seen))


def _usd(scenario: Scenario, seen: Seen) -> float:
    spot_usd_per_h = float(scenario.spot_usd_per_h[seen.zone, 0])
    per_tick = seen.ticks[SPOT] * spot_usd_per_h + seen.ticks[ON_DEMAND] * (
        scenario.on_demand_usd_per_h
    )
    return per_tick * scenario.tick_h

"""What a scenario costs at least: an exact dynamic programme that knows when spot is there.

State before the decision at tick t: the machine that the job is on, and its slack, the time until
the deadline beyond the work left. A tick on the machine it is on leaves the slack as it is, a start
takes a restart from it, an idle tick takes a tick. All are multiples of one unit of time, so the
table is exact. With less slack than a tick and a restart nothing is asked any more, and the cost to
the end follows in closed form.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from evaluators.contract import Bound
from evaluators.problems.spot_scheduling.scenario import NONE, ON_DEMAND, SPOT, Scenario

_NONE, _SPOT, _ON_DEMAND = range(3)  # rows of the table, in the order of MACHINES
MACHINE_OF_ROW = (NONE, SPOT, ON_DEMAND)
_NEVER = np.array(math.inf)  # the cost of what cannot be had, at every slack


@dataclass(frozen=True)
class Plan:
    """The least cost of a scenario in USD and, per tick, the best next machine by state.

    `best[tick, machine, slack]`, slack in units of `unit_s`; rows of MACHINE_OF_ROW.
    """

    usd: float
    best: np.ndarray  # int8[deadline ticks, 3, slacks]
    unit_s: int

    def next_machine(self, tick: int, machine: str, slack_s: int) -> str:
        """What to run next in a state that the problem asks about."""
        row = MACHINE_OF_ROW.index(machine)
        return MACHINE_OF_ROW[self.best[tick, row, slack_s // self.unit_s]]


def limits(scenario: Scenario) -> Mapping[str, Bound]:
    """The optimum of every exact objective, each by itself."""
    in_time = "on-demand machines alone are never preempted and finish in time"
    return {
        "cost": Bound(
            least_usd(scenario), "optimum",
            "dynamic programme over tick, machine and slack, with the recording known; its plan"
            " replayed in the simulator costs as much",
        ),
        "deadline_misses": Bound(0.0, "optimum", in_time),
        "preemptions": Bound(0.0, "optimum", in_time),
    }  # fmt: skip


def least_usd(scenario: Scenario) -> float:
    """The least cost over all policies, also those that would finish late."""
    return _solve(scenario, None)


def cheapest_plan(scenario: Scenario) -> Plan:
    """The least cost and a policy that attains it."""
    unit_s, slacks = _grid(scenario)
    best = np.zeros((scenario.job.deadline_ticks, 3, slacks), dtype=np.int8)
    return Plan(_solve(scenario, best), best, unit_s)


def _grid(scenario: Scenario) -> tuple[int, int]:
    """The unit of time that all durations are multiples of, and how many slacks there are."""
    job = scenario.job
    unit_s = math.gcd(job.tick_s, job.restart_s, job.work_s)
    return unit_s, (job.deadline_s - job.work_s) // unit_s + 1


def _solve(scenario: Scenario, best: np.ndarray | None) -> float:
    """Backwards over the ticks; fills `best` with the rows of the next machines, if given."""
    job, (unit_s, slacks) = scenario.job, _grid(scenario)
    tick, restart = job.tick_s // unit_s, job.restart_s // unit_s
    first_asked = min(tick + restart, slacks)
    forced = _forced_usd(scenario, tick, restart, first_asked)
    after = np.zeros((3, slacks))
    usd = np.empty((3, slacks))
    for t in range(job.deadline_ticks, -1, -1):
        usd[:, :first_asked] = forced[t]
        if slacks > first_asked:
            has_spot = t < len(scenario.has_spot) and bool(scenario.has_spot[t])
            options = _options_usd(scenario, after, tick, restart, has_spot)
            for machine, of_next in enumerate(options):
                usd[machine, first_asked:] = functools.reduce(np.minimum, of_next)
                if best is not None and t < job.deadline_ticks:
                    best[t, machine, first_asked:] = np.argmin(
                        np.broadcast_arrays(*of_next), axis=0
                    )
        usd[:, (job.deadline_ticks - t) * tick :] = 0.0  # no work left
        usd, after = after, usd
    return float(after[_NONE, -1])


def _forced_usd(scenario: Scenario, tick: int, restart: int, slacks: int) -> np.ndarray:
    """float64[ticks, 3, slacks]: the cost to the end where nothing is asked any more.

    A job that is on spot stays there as long as it can, then loses a tick and starts on demand.
    """
    spot_usd, on_demand_usd = scenario.usd_per_tick(SPOT), scenario.usd_per_tick(ON_DEMAND)
    ticks_left = np.arange(scenario.job.deadline_ticks, -1, -1)[:, None]
    work_left = ticks_left * tick - np.arange(slacks)
    spot_ticks = _spot_run_lengths(scenario)[:, None]
    on_spot = np.minimum(-(-work_left // tick), spot_ticks)
    after_spot = work_left - spot_ticks * tick
    then = np.where(after_spot > 0, -(-(after_spot + restart) // tick), 0)
    usd = np.empty((len(ticks_left), 3, slacks))
    usd[:, _NONE] = on_demand_usd * -(-(work_left + restart) // tick)
    usd[:, _SPOT] = spot_usd * on_spot + on_demand_usd * then
    usd[:, _ON_DEMAND] = on_demand_usd * -(-work_left // tick)
    return usd


def _spot_run_lengths(scenario: Scenario) -> np.ndarray:
    """int64[deadline ticks + 1]: for how many ticks from each on spot machines stay."""
    ticks = max(scenario.job.deadline_ticks + 1, len(scenario.has_spot))
    lengths = np.zeros(ticks + 1, dtype=np.int64)
    for t in range(len(scenario.has_spot) - 1, -1, -1):
        lengths[t] = lengths[t + 1] + 1 if scenario.has_spot[t] else 0
    return lengths[: scenario.job.deadline_ticks + 1]


def _options_usd(
    scenario: Scenario, after: np.ndarray, tick: int, restart: int, has_spot: bool
) -> list[list[np.ndarray]]:
    """By machine and next machine: the cost to the end, of the slacks at which one is asked.

    Nothing is asked below a tick and a restart, so what is left of the slack is never negative.
    """
    size = after.shape[1] - tick - restart
    kept, started = slice(tick + restart, None), slice(tick, tick + size)
    idle = after[_NONE, restart : restart + size]
    on_demand_usd, spot_usd = scenario.usd_per_tick(ON_DEMAND), scenario.usd_per_tick(SPOT)
    on_demand = [on_demand_usd + after[_ON_DEMAND, s] for s in (kept, started)]
    spot = [spot_usd + after[_SPOT, s] for s in (kept, started)] if has_spot else [_NEVER] * 2
    return [
        [idle, spot[1], on_demand[1]],
        [idle, spot[0], on_demand[1]],
        [idle, spot[1], on_demand[0]],
    ]

"""What a scenario costs at least, by the programme of `evaluators.engines.preemptible_plan`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from evaluators.contract import Action, Bound, Observation
from evaluators.engines.preemptible import NONE, ON_DEMAND, SPOT
from evaluators.engines.preemptible_plan import IDLE, Market, Plan, cheapest_plan, least_usd
from evaluators.problems.spot_scheduling_regions.scenario import Scenario

IN_TIME = "one on-demand machine from the first tick on is never preempted and finishes in time"


def limits(scenario: Scenario, is_published: bool) -> Mapping[str, Bound]:
    """A limit of every exact objective, each by itself."""
    return {
        "cost": _published_cost(scenario) if is_published else _cost(scenario),
        "deadline_misses": Bound(0.0, "optimum", IN_TIME),
        "restarts": Bound(0.0, "optimum", IN_TIME),
    }


def _cost(scenario: Scenario) -> Bound:
    return Bound(
        least_usd(market(scenario)),
        "optimum",
        "dynamic programme over tick, machine, zone and slack, with the recording known; its plan"
        " replayed in the simulator costs as much",
    )


def _published_cost(scenario: Scenario) -> Bound:
    job = scenario.job
    ticks = -(-(job.work_s + job.restart_s) // job.tick_s)
    least_usd_per_h = min(scenario.on_demand_usd_per_h, scenario.spot_usd_per_h[:, 0].min())
    return Bound(
        float(ticks * least_usd_per_h * scenario.tick_h),
        "bound",
        "one start and all the work, at the least price that any zone begins with",
    )


def market(scenario: Scenario) -> Market:
    """The scenario as the programme reads it."""
    return Market(
        scenario.job,
        scenario.has_spot,
        scenario.spot_usd_per_h * scenario.tick_h,
        scenario.on_demand_usd_per_h * scenario.tick_h,
    )


@dataclass(frozen=True)
class Clairvoyant:
    """Plays the plan of a scenario."""

    scenario: Scenario
    plan: Plan

    @staticmethod
    def of(scenario: Scenario) -> Clairvoyant:
        """Raises nothing; takes about a tenth of a second per scenario of nine zones."""
        return Clairvoyant(scenario, cheapest_plan(market(scenario)))

    def answer(self, seen: Observation) -> Action:
        """The plan's next machine. A start that is under way goes on."""
        if seen["restart_left_s"]:
            return {"next_machine": seen["machine"], "next_zone": seen["zone"]}
        job = self.scenario.job
        slack_s = job.deadline_s - seen["elapsed_s"] - seen["work_left_s"]
        tick = seen["elapsed_s"] // job.tick_s
        row = self.plan.next_row(tick, self._row(seen["machine"], seen["zone"]), slack_s)
        if row == IDLE:
            return {"next_machine": NONE, "next_zone": seen["zone"]}
        if row == self._row(ON_DEMAND, 0):
            return {"next_machine": ON_DEMAND, "next_zone": seen["zone"]}
        return {"next_machine": SPOT, "next_zone": row - 1}

    def _row(self, kind: str, zone: int) -> int:
        rows = {NONE: IDLE, SPOT: 1 + zone, ON_DEMAND: 1 + len(self.scenario.region)}
        return rows[kind]

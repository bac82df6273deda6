"""What a scenario costs at least, by the programme of `evaluators.engines.preemptible_plan`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from evaluators.contract import Bound
from evaluators.engines import preemptible_plan
from evaluators.engines.preemptible_plan import Market
from evaluators.problems.spot_scheduling.scenario import NONE, ON_DEMAND, SPOT, Scenario

MACHINE_OF_ROW = (NONE, SPOT, ON_DEMAND)  # of a plan with one zone


@dataclass(frozen=True)
class Plan:
    """The least cost of a scenario in USD and, per tick, the best next machine by state."""

    plan: preemptible_plan.Plan

    @property
    def usd(self) -> float:
        """The cost of the plan."""
        return self.plan.usd

    def next_machine(self, tick: int, machine: str, slack_s: int) -> str:
        """What to run next in a state that the problem asks about."""
        row = MACHINE_OF_ROW.index(machine)
        return MACHINE_OF_ROW[self.plan.next_row(tick, row, slack_s)]


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
    return preemptible_plan.least_usd(_market(scenario))


def cheapest_plan(scenario: Scenario) -> Plan:
    """The least cost and a policy that attains it."""
    return Plan(preemptible_plan.cheapest_plan(_market(scenario)))


def _market(scenario: Scenario) -> Market:
    has_spot = scenario.has_spot[None]
    spot_usd = np.full(has_spot.shape, scenario.usd_per_tick(SPOT))
    return Market(scenario.job, has_spot, spot_usd, scenario.usd_per_tick(ON_DEMAND))

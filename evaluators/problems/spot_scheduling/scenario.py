"""One instance: a job, the hours in which spot machines are there, and what machines cost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaluators.contract import Workload
from evaluators.engines.preemptible import KINDS as MACHINES
from evaluators.engines.preemptible import NONE, ON_DEMAND, SPOT, Job

__all__ = ["MACHINES", "NONE", "ON_DEMAND", "SPOT", "Scenario", "scenario_of", "workload_of"]

TICK_S = 600
WORK_S = 48 * 3600
# Of one V100 in us-west-2 (p3.2xlarge); the public simulator charges every device so.
ON_DEMAND_USD_PER_H = 3.06
SPOT_USD_PER_H = 0.9731


@dataclass(frozen=True, slots=True)
class Scenario:
    """`has_spot[tick]`: whether spot machines are there in that tick; after its end: not."""

    job: Job
    has_spot: np.ndarray  # bool[ticks]
    spot_usd_per_h: float
    on_demand_usd_per_h: float

    def usd_per_tick(self, machine: str | None) -> float:
        """What one tick on a machine costs."""
        per_h = {None: 0.0, SPOT: self.spot_usd_per_h, ON_DEMAND: self.on_demand_usd_per_h}
        return per_h[machine] * self.job.tick_s / 3600


def workload_of(
    id_: str, family: str, cluster: str, scenario: Scenario, **declared: object
) -> Workload:
    """The scenario as a workload; `declared` may name its spans of real data."""
    job = scenario.job
    content = {
        "job_s": np.array([job.work_s, job.deadline_s, job.restart_s, job.tick_s], dtype=np.int64),
        "has_spot": scenario.has_spot,
        "usd_per_h": np.array([scenario.spot_usd_per_h, scenario.on_demand_usd_per_h]),
    }
    return Workload(id_, family, cluster, content, **declared)  # type: ignore[arg-type]


def scenario_of(workload: Workload) -> Scenario:
    """The workload as a scenario."""
    content = workload.content
    spot, on_demand = content["usd_per_h"].tolist()
    return Scenario(Job(*content["job_s"].tolist()), content["has_spot"], spot, on_demand)

"""One instance: a job, and where and when spot machines are there at which price."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaluators.contract import Workload
from evaluators.engines.preemptible import Job

TICK_S = 195
WORK_S = 48 * 3600
ON_DEMAND_USD_PER_H = 3.06  # of one V100 (p3.2xlarge), the same in every zone


@dataclass(frozen=True, slots=True)
class Scenario:
    """Zones with the same number in `region` are in one region; after the end spot is gone."""

    job: Job
    region: np.ndarray  # int64[zones]
    has_spot: np.ndarray  # bool[zones, ticks]
    spot_usd_per_h: np.ndarray  # float64[zones, ticks]
    on_demand_usd_per_h: float

    @property
    def tick_h(self) -> float:
        """The length of a tick."""
        return self.job.tick_s / 3600


def workload_of(
    id_: str, family: str, cluster: str, scenario: Scenario, **declared: object
) -> Workload:
    """The scenario as a workload; `declared` may name its spans of real data."""
    job = scenario.job
    content = {
        "job_s": np.array([job.work_s, job.deadline_s, job.restart_s, job.tick_s], dtype=np.int64),
        "region": scenario.region,
        "has_spot": scenario.has_spot,
        "spot_usd_per_h": scenario.spot_usd_per_h,
        "on_demand_usd_per_h": np.array([scenario.on_demand_usd_per_h]),
    }
    for array in content.values():
        array.setflags(write=False)
    return Workload(id_, family, cluster, content, **declared)  # type: ignore[arg-type]


def scenario_of(workload: Workload) -> Scenario:
    """The workload as a scenario."""
    content = workload.content
    return Scenario(
        Job(*content["job_s"].tolist()),
        content["region"],
        content["has_spot"],
        content["spot_usd_per_h"],
        content["on_demand_usd_per_h"].item(),
    )

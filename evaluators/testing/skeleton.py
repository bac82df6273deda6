"""Each job goes to one of the servers when it arrives: a problem that works, to be changed.

Keep what fits, and run the test beside this file after every change. docs/problems.md says what
each part is for; `adrs problems FILE` shows the result as a policy's author sees it.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evaluators.contract import (
    Action,
    Bound,
    Measurements,
    Objective,
    Observation,
    Policy,
    Problem,
    Split,
    Workload,
)
from evaluators.signature import Array, Scalar, Signature

SERVERS = 4
SEEDS: dict[Split, range] = {  # no instance is in two splits
    "tiny": range(1, 3),
    "search": range(10, 14),
    "selection": range(20, 28),
    "sealed": range(30, 46),
}
LEAST_BACKLOG = """
import numpy as np

def choose(backlog_s):
    return int(np.argmin(backlog_s))
"""
ROUND_ROBIN = """
class RoundRobin:  # made anew for every episode: what it remembers is its own
    def __init__(self):
        self.last = -1

    def choose(self, backlog_s):
        self.last = (self.last + 1) % len(backlog_s)
        return self.last
"""


@dataclass(frozen=True)
class DispatchParameters:
    jobs: int = 300
    load: float = 0.8  # share of the servers' time that the jobs ask for


class Skeleton(Problem):
    name, version = "skeleton", 1  # raise it when any score may change
    Parameters = DispatchParameters
    statement = """When a job arrives, `choose(backlog_s, service_s)` returns `server`, 0 to 3.
        `backlog_s`: seconds of work before each server. `service_s`: how long the job will take."""
    signature = Signature(
        entry="choose",
        given=(),
        observation=(
            Array("backlog_s", "float64", (SERVERS,), "s", low=0),
            Scalar("service_s", "float64", "s", low=0),
        ),
        action=(Scalar("server", "int64", low=0, high=SERVERS - 1),),
    )
    objectives = (
        Objective("mean_wait", "s", "lower", "exact", reference=20, worst=500, resolution=0.01),
        Objective("longest_wait", "s", "lower", "exact", reference=60, worst=500, resolution=0.1),
    )

    def workloads(self, split: Split) -> Sequence[Workload]:
        salt = self.salt.encode() if split == "sealed" else b""  # with one: jobs that nobody saw
        return [self._draw(seed, salt) for seed in SEEDS[split]]

    def _draw(self, seed: int, salt: bytes) -> Workload:
        rng = np.random.default_rng([seed, *salt])
        gaps_s = rng.exponential(1 / (SERVERS * self.parameters.load), self.parameters.jobs)
        jobs = {"gap_s": gaps_s, "service_s": rng.lognormal(-0.5, 1.0, self.parameters.jobs)}
        return Workload(f"seed-{seed}", "poisson", f"seed-{seed}", jobs)

    def episode(self, workload: Workload) -> Generator[Observation, Action, Measurements]:
        backlog_s, waits_s = np.zeros(SERVERS), list[float]()
        jobs = workload.content
        for gap_s, service_s in zip(jobs["gap_s"], jobs["service_s"], strict=True):
            backlog_s = np.maximum(backlog_s - gap_s, 0.0)
            action = yield {"backlog_s": backlog_s.copy(), "service_s": float(service_s)}
            waits_s.append(backlog_s[action["server"]])
            backlog_s[action["server"]] += service_s
        waits = {"mean_wait": np.mean(waits_s), "longest_wait": np.max(waits_s)}
        return Measurements({name: float(value) for name, value in waits.items()})

    def baselines(self) -> Mapping[str, Policy]:
        sources = {"least_backlog": LEAST_BACKLOG, "round_robin": ROUND_ROBIN}
        return {name: Policy(name, source) for name, source in sources.items()}

    def limits(self, workload: Workload) -> Mapping[str, Bound]:
        return {o.name: Bound(0.0, "bound", "no job waits less than not") for o in self.objectives}

"""One server, two queues: whom to serve next. A whole problem of your own in one file.

Try it: adrs run docs/examples/two_queues.py --evaluations 100
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaluators.contract import (
    Bound,
    Measurements,
    Objective,
    Policy,
    Problem,
    Variation,
    Workload,
)
from evaluators.signature import Array, Scalar, Signature

SEEDS = {
    "tiny": range(1, 3),
    "search": range(10, 14),
    "selection": range(20, 28),
    "sealed": range(30, 46),
}
LONGEST = """
import numpy as np

def choose(waiting, head_wait_s, head_service_s):
    return int(np.argmax(waiting))
"""
OLDEST = LONGEST.replace("waiting))", "head_wait_s))")


@dataclass(frozen=True)
class Parameters:
    jobs: int = 400
    load: float = 0.9  # share of the server's time that the jobs ask for


class TwoQueues(Problem):
    name, version, Parameters = "two_queues", 1, Parameters
    statement = """When the server is free and both queues wait, `choose(waiting, head_wait_s,
        head_service_s)` returns `queue`, 0 or 1. `waiting`: jobs per queue. `head_wait_s`,
        `head_service_s`: how long each queue's first job has waited and will take, in seconds."""
    signature = Signature(
        entry="choose",
        given=(),
        observation=(
            Array("waiting", "int64", (2,), "jobs", low=1),
            Array("head_wait_s", "float64", (2,), "s", low=0),
            Array("head_service_s", "float64", (2,), "s", low=0),
        ),
        action=(Scalar("queue", "int64", low=0, high=1),),
    )
    objectives = tuple(
        Objective(f"mean_wait_{q}", "s", "lower", "exact", reference=30, worst=60, resolution=0.01)
        for q in (0, 1)
    )

    def workloads(self, split):
        salt = self.salt.encode() if split == "sealed" else b""  # with one: other jobs
        return [self._draw(seed, salt) for seed in SEEDS[split]]

    def _draw(self, seed, salt):
        rng = np.random.default_rng([seed, *salt])
        n = self.parameters.jobs
        queue = rng.integers(0, 2, n)
        service_s = rng.exponential(np.where(queue == 0, 0.5, 1.5))  # short jobs and long ones
        arrival_s = np.cumsum(rng.exponential(1 / self.parameters.load, n))
        jobs = {"arrival_s": arrival_s, "service_s": service_s, "queue": queue}
        return Workload(f"seed-{seed}", "poisson", f"seed-{seed}", jobs)

    def episode(self, workload):
        queues = [self._jobs(workload, q) for q in (0, 1)]
        waits, now_s = ([], []), 0.0
        while any(queues):
            heads = [q[0] if q else (np.inf, 0.0) for q in queues]
            now_s = max(now_s, min(arrival for arrival, _ in heads))
            chosen = int(heads[0][0] > now_s)  # the only one that waits
            if all(arrival <= now_s for arrival, _ in heads):
                action = yield {
                    "waiting": np.array([sum(a <= now_s for a, _ in q) for q in queues]),
                    "head_wait_s": np.array([now_s - arrival for arrival, _ in heads]),
                    "head_service_s": np.array([service for _, service in heads]),
                }
                chosen = action["queue"]
            arrival, service = queues[chosen].pop(0)
            waits[chosen].append(now_s - arrival)
            now_s += service
        return Measurements({f"mean_wait_{q}": float(np.mean(waits[q])) for q in (0, 1)})

    def _jobs(self, workload, queue):
        jobs = workload.content
        mine = jobs["queue"] == queue
        return [*zip(jobs["arrival_s"][mine], jobs["service_s"][mine], strict=True)]

    def baselines(self):
        return {"longest": Policy("longest", LONGEST), "oldest": Policy("oldest", OLDEST)}

    def variations(self):  # other settings, for `adrs report --robustness`
        loads = ("0.7", "0.95")
        return [Variation("load", f"{x} of the server's time", {"load": x}) for x in loads]

    def limits(self, workload):
        return {f"mean_wait_{q}": self._alone(workload, q) for q in (0, 1)}

    def _alone(self, workload, queue):
        waits, free_s = [], 0.0
        for arrival, service in self._jobs(workload, queue):
            waits.append(max(0.0, free_s - arrival))
            free_s = max(free_s, arrival) + service
        return Bound(float(np.mean(waits)), "bound", "this queue served alone, in its order")

"""Speed of the serving simulator, and what there is to win: python -m tests.bench.bench_serving

First, simulated requests per second of CPU time without a policy (plans made in process) and with
one played in process, and per second of wall time in the sandbox. Then, per search workload, first
come first served, the best baseline, the best clairvoyant reference and the limit of every exact
objective, and what the references gain over first come first served in shares of the box from
`reference` to limit, averaged over the objectives. A workload below 5 % has nothing to search for.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import fmean

import numpy as np

from evaluators.contract import Objective, Workload
from evaluators.engines.serving import Plan, ServingEngine
from evaluators.execution.executor import Job
from evaluators.execution.local import LocalExecutor
from evaluators.playing import play
from evaluators.problems.request_scheduling.problem import RequestScheduling
from evaluators.problems.request_scheduling.simulator import serve_privileged
from evaluators.registry import ProblemSpec
from evaluators.scoring import loss

LEAST_GAIN = 0.05


def main() -> None:
    problem = RequestScheduling()
    workloads = problem.workloads("search")
    requests = sum(w.content["arrival_s"].size for w in workloads)
    print_speed("plans in process", requests, lambda: serve_all(problem))
    for name in problem.baselines():
        print_speed(f"{name}, in process", requests, lambda name=name: play_all(problem, name))
    print_sandboxed(problem, requests)
    for workload in workloads:
        print_headroom(problem, workload)


def fcfs(engine: ServingEngine) -> Plan:
    waiting, running = len(engine.waiting), len(engine.running)
    return Plan(np.arange(waiting), waiting, False, np.arange(running), 0, 8192, False, 0, 0.0)


def serve_all(problem: RequestScheduling) -> int:
    for workload in problem.workloads("search"):
        serve_privileged(problem.instance(workload), fcfs)
    return 0


def play_all(problem: RequestScheduling, name: str) -> int:
    policy = problem.baselines()[name]
    return sum(len(play(problem, w, policy)[1]) for w in problem.workloads("search"))


def print_speed(
    what: str, requests: int, run: Callable[[], int], clock: Callable[[], float] = time.process_time
) -> None:
    began_s = clock()
    calls = run()
    took_s = clock() - began_s
    per_call = f", {calls:6d} calls of {1e6 * took_s / calls:5.0f} us" if calls else ""
    print(f"{what:36s} {took_s:6.2f} s {requests / took_s:8.0f} requests/s{per_call}")


def print_sandboxed(problem: RequestScheduling, requests: int) -> None:
    executor = LocalExecutor(ProblemSpec(problem.name), slots=1)
    try:
        for name, policy in problem.baselines().items():
            job = Job(policy.source, "search")
            executor.submit(job).result()  # the first one also measures the reference policy
            print_speed(
                f"{name}, in the sandbox",
                requests,
                lambda job=job: _wait(executor, job),
                time.perf_counter,
            )
    finally:
        executor.close()


def _wait(executor: LocalExecutor, job: Job) -> int:
    executor.submit(job).result()
    return 0


def print_headroom(problem: RequestScheduling, workload: Workload) -> None:
    played = {
        name: play(problem, workload, policy)[0].values
        for name, policy in problem.baselines().items()
    }
    references = [m.values for m in problem.references(workload).values()]
    limits = problem.limits(workload)
    print(f"\n{workload.id:36s} {'fcfs':>9s} {'baseline':>9s} {'reference':>9s} {'limit':>9s}")
    gains = []
    for objective in (o for o in problem.objectives if o.kind == "exact"):
        name = objective.name
        best = [best_of(objective, [v[name] for v in vs]) for vs in (played.values(), references)]
        limit = limits[name].value
        row = (played["fcfs"][name], *best, limit)
        print(f"  {name:34s} " + " ".join(f"{x:9.4f}" for x in row))
        gains.append((best[1] - row[0]) / (limit - objective.reference))
    verdict = "" if fmean(gains) >= LEAST_GAIN else "  <- REPLACE"
    print(f"  {'references over fcfs':34s} {fmean(gains):9.1%}{verdict}")


def best_of(objective: Objective, values: list[float]) -> float:
    return min(values, key=lambda v: loss(objective, v))


if __name__ == "__main__":
    main()

"""python -m evaluators.engines.gpu.measure request_scheduling --device cuda:0 --calibration FILE

Plays policies on the device in real time and on the simulator with the calibrated constants: the
same requests, one table, and how far the simulator is off. Policies are trusted, in this process.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from evaluators.contract import Action, Observation, Policy, Workload
from evaluators.engines.cost_model import CostModel, model_of, read_calibration
from evaluators.engines.gpu.clock import Clock, WallClock
from evaluators.engines.gpu.device import open_device
from evaluators.engines.gpu.iteration import Engine
from evaluators.engines.gpu.opening import engine_on, facts_of
from evaluators.engines.serving import PREEMPTIONS
from evaluators.errors import UsageError, nearest_hint
from evaluators.playing import answering
from evaluators.problems.request_scheduling.measurement import latencies, measure
from evaluators.problems.request_scheduling.on_device import RealTimeInstance, first_of
from evaluators.problems.request_scheduling.parameters import SchedulingParameters
from evaluators.problems.request_scheduling.problem import RequestScheduling
from evaluators.problems.request_scheduling.simulator import Instance, asked

POLICIES = ("fcfs", "sarathi", "shortest_prompt_first")
LOADS = (0.7, 1.0)
SECONDS = 12.0
FEWEST_REQUESTS = 40
SHOWN = ("mean_ttft_s", "p95_ttft_s", "mean_tpot_s", "p95_tpot_s", "goodput", "preemptions")
AIMS = {"mean_ttft_s": 0.15, "mean_tpot_s": 0.07}  # that the simulator may be off by


@dataclasses.dataclass(frozen=True)
class Comparison:
    """One policy at one load: what came out, by name, on the device and simulated."""

    policy: str
    load: float
    requests: int
    device: dict[str, float]
    simulated: dict[str, float]

    def error(self, name: str) -> float:
        """Of the simulator, as a share of the device's value; infinite where that alone is 0."""
        real, simulated = self.device[name], self.simulated[name]
        if real == simulated:
            return 0.0
        return simulated / real - 1 if real else float("inf")


class Versus:
    """Plays policies on `device` and on the simulator with the constants of a calibration file."""

    def __init__(self, device: Engine, file: str, new_clock: Callable[[], Clock]) -> None:
        self._device, self._file, self._new_clock = device, file, new_clock

    def compare(self, policy: str, load: float, seconds: float) -> Comparison:
        """As many chat requests as arrive in so long, at a share of what fcfs sustains."""
        problem = RequestScheduling(SchedulingParameters(engine=self._file, load=load))
        workload = problem.workloads("search")[0]
        whole = problem.instance(workload)
        arrived = int((whole.requests.arrival_s <= seconds).sum())
        cut = first_of(whole, max(FEWEST_REQUESTS, arrived))
        real_time = RealTimeInstance(
            cut.cost, cut.requests, cut.promises, cut.rules,
            device=self._device, clock=self._new_clock(),
        )  # fmt: skip
        by_name = problem.baselines()
        if policy not in by_name:
            raise UsageError(f"unknown policy {policy!r}", nearest_hint(policy, by_name))
        device, simulated = (
            _played(problem, workload, instance, by_name[policy]) for instance in (real_time, cut)
        )
        return Comparison(policy, load, cut.requests.arrival_s.size, device, simulated)


def _played(
    problem: RequestScheduling, workload: Workload, instance: Instance, policy: Policy
) -> dict[str, float]:
    answer = answering(problem, workload, policy)
    engine = instance.engine(instance.edges_s)
    _answered(asked(instance, engine), answer)
    scored = measure(engine, instance.requests, instance.promises, instance.edges_s)
    return {
        **scored.values,
        **latencies(engine, instance.requests, instance.promises),
        "preemptions": float(engine.progress[PREEMPTIONS].sum()),
        "unfinished": float(engine.unfinished),
    }


def _answered(
    episode: Generator[Observation, Action, None], answer: Callable[[Observation], Action]
) -> None:
    observation = next(episode, None)
    while observation is not None:
        try:
            observation = episode.send(answer(observation))
        except StopIteration:
            return


def main(arguments: Sequence[str]) -> None:
    """Measure, print the table, and write it as JSON where that is asked for. Raises UsageError."""
    args = _parser().parse_args(arguments)
    cost, model = read_calibration(args.calibration), model_of(args.calibration)
    if not model:
        raise UsageError(
            f"{args.calibration} names no model", "make it with evaluators.engines.gpu.calibrate"
        )
    with closing(open_device(args.device)) as device:
        engine = engine_on(device, model, **_capacities(cost))
        versus = Versus(engine, args.calibration, WallClock)
        compared = [
            versus.compare(policy, load, args.seconds)
            for load in args.loads
            for policy in args.policies
        ]
        facts = facts_of(engine, device)
    print("\n".join(table(compared)))
    if args.out:
        rows = [dataclasses.asdict(c) for c in compared]
        args.out.write_text(json.dumps({"facts": facts, "rows": rows}, indent=1) + "\n")


def _capacities(cost: CostModel) -> dict[str, int]:
    return {"kv_capacity_tokens": cost.kv_capacity_tokens, "max_running": cost.max_running}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m evaluators.engines.gpu.measure request_scheduling"
    )
    parser.add_argument("--device", required=True, help="cuda:0, or cpu")
    parser.add_argument("--calibration", required=True, help="what calibrate has written")
    parser.add_argument("--policies", nargs="+", default=POLICIES, help="baselines by name")
    parser.add_argument("--loads", nargs="+", type=float, default=LOADS)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of arrivals in an episode")
    parser.add_argument("--out", type=Path, help="a JSON file for the figures")
    return parser


def table(compared: Sequence[Comparison]) -> Iterator[str]:
    """Markdown: a row per policy, load and quantity, then the mean errors beside their aims."""
    yield "| load | policy | requests | quantity | device | simulated | error |"
    yield "|---|---|---|---|---|---|---|"
    for c in compared:
        for name in SHOWN:
            values = f"{c.device[name]:.4g} | {c.simulated[name]:.4g} | {c.error(name):+.1%}"
            yield f"| {c.load:g} | {c.policy} | {c.requests} | {name} | {values} |"
    yield ""
    for name, aim in AIMS.items():
        off = sum(abs(c.error(name)) for c in compared) / len(compared)
        yield f"{name}: the simulator is off by {off:.1%} on average, aim {aim:.0%}"

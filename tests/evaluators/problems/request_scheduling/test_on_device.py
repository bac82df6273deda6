"""The problem on a device: with one that takes the model's time, it is the simulator's."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from evaluators.contract import Measurements, Score, Workload
from evaluators.engines.gpu.clock import Clock, VirtualClock
from evaluators.engines.gpu.drift import DRIFT
from evaluators.engines.gpu.iteration import SyntheticEngine
from evaluators.errors import UsageError
from evaluators.execution.executor import Job
from evaluators.execution.local import LocalExecutor
from evaluators.identity import problem_digest
from evaluators.playing import play
from evaluators.problems.request_scheduling.measurement import measure
from evaluators.problems.request_scheduling.on_device import (
    RealTimeInstance,
    RequestSchedulingOnDevice,
    first_of,
)
from evaluators.problems.request_scheduling.parameters import SchedulingParameters
from evaluators.problems.request_scheduling.problem import RequestScheduling
from evaluators.problems.request_scheduling.simulator import asked
from evaluators.registry import ProblemSpec
from tests.evaluators.problems.request_scheduling.quick_engine import CONSTANTS

TINY = {"kv_capacity_tokens": "4096", "model": "tiny", "timed_requests": "40", "requests": "40"}
SIMULATED = ProblemSpec("request_scheduling", TINY).load()


def on_device(**changes: str) -> RequestSchedulingOnDevice:
    problem = ProblemSpec("request_scheduling", {**TINY, **changes}, device="cpu").load()
    assert isinstance(problem, RequestSchedulingOnDevice)
    return problem


class Synthetic(RequestSchedulingOnDevice):
    """Its device takes what the cost model says, and its time is virtual."""

    def real_time_instance(self, workload: Workload, clock: Clock) -> RealTimeInstance:
        cut = first_of(self.instance(workload), self.parameters.timed_requests)
        virtual = VirtualClock()
        device = SyntheticEngine(cut.cost, virtual)
        return RealTimeInstance(
            cut.cost, cut.requests, cut.promises, cut.rules, device=device, clock=virtual
        )

    def episode(self, workload):  # type: ignore[no-untyped-def]
        instance = self.real_time_instance(workload, VirtualClock())
        engine = instance.engine(instance.edges_s)
        yield from asked(instance, engine)
        return measure(engine, instance.requests, instance.promises, instance.edges_s)


def assert_same(a: Measurements, b: Measurements) -> None:
    assert a.values == pytest.approx(b.values, abs=1e-9)
    assert a.breakdown == pytest.approx(b.breakdown, abs=1e-9)


@pytest.mark.parametrize("name", sorted(SIMULATED.baselines()))
def test_every_baseline_measures_what_it_is_simulated_to(name: str) -> None:
    played = Synthetic(SIMULATED.parameters, None, "cpu")
    policy = SIMULATED.baselines()[name]
    for workload in SIMULATED.workloads("tiny"):
        real, actions = play(played, workload, policy)
        simulated, expected = play(SIMULATED, workload, policy)
        assert_same(real, simulated)
        assert len(actions) == len(expected)


def test_nothing_is_opened_before_it_is_prepared() -> None:
    problem = on_device()
    assert "_device" not in vars(problem)
    assert problem.simulated.objectives == RequestScheduling.objectives
    assert problem_digest(problem.simulated) == problem_digest(SIMULATED)
    assert problem_digest(problem) != problem_digest(SIMULATED)


def test_workloads_of_other_engines_are_left_out() -> None:
    problem, splits = on_device(), ("tiny", "search", "selection")
    for split in splits:
        kept, drawn = problem.workloads(split), SIMULATED.workloads(split)
        assert [w.digest for w in kept] == [w.digest for w in drawn]
    sealed = problem.workloads("sealed")
    assert 0 < len(sealed) < len(SIMULATED.workloads("sealed"))
    assert all(problem.instance(w).cost.name == "llama3-8b-h100" for w in sealed)


def test_limits_are_of_shares_alone() -> None:
    """The cost model's are no limits of what a device takes."""
    problem = on_device()
    limits = problem.limits(problem.workloads("search")[0])
    assert {name: bound.value for name, bound in limits.items()} == {
        "goodput": 1.0,
        "fairness": 1.0,
    }


def test_a_request_longer_than_the_model_is_refused() -> None:
    with pytest.raises(UsageError, match="and the model tiny has 4096 positions") as error:
        on_device(kv_capacity_tokens="20000")
    assert "kv_capacity_tokens=4096" in error.value.hint


def test_the_model_is_the_calibrations(tmp_path: Path) -> None:
    file = tmp_path / "engine.toml"
    cost = SIMULATED.instance(SIMULATED.workloads("tiny")[0]).cost
    constants = {**dataclasses.asdict(cost), "name": "found"}
    lines = [f"{k} = {v!r}".replace("'", '"') for k, v in constants.items()]
    file.write_text("\n".join([*lines, "[calibration]", 'model = "tiny"']))
    problem = on_device(engine=str(file), model="")
    assert problem.model == "tiny"
    assert on_device(model="1b").model == "1b"
    assert RequestSchedulingOnDevice(SchedulingParameters(), None, "cpu").model == "8b"


def test_the_first_requests_keep_their_share_of_warm_up() -> None:
    whole = SIMULATED.instance(SIMULATED.workloads("search")[0])
    cut = first_of(whole, 100)
    assert cut.requests.arrival_s.size == cut.promises.max_tokens.size == 100
    assert cut.promises.warmup == 10
    assert np.array_equal(cut.requests.arrival_s, whole.requests.arrival_s[:100])
    assert first_of(whole, 10_000) is whole


def quick_engine(folder: Path) -> str:
    """So quick that what a processor cannot serve ends soon, at the horizon."""
    file = folder / "engine.toml"
    file.write_text(CONSTANTS)
    return str(file)


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RequestSchedulingOnDevice]:
    """On this machine's CPU, with PyTorch."""
    pytest.importorskip("torch", reason="needs PyTorch: pip install torch")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    problem = on_device(engine=quick_engine(tmp_path))
    assert "model tiny" in problem.prepare()
    with closing(problem):
        yield problem


@pytest.mark.torch
def test_an_episode_on_a_cpu_is_measured_in_real_time(opened: RequestSchedulingOnDevice) -> None:
    workload = opened.workloads("tiny")[0]
    measured, _ = play(opened, workload, opened.baselines()["sarathi"])
    assert set(measured.values) == {"goodput", "log_norm_latency", "fairness"}
    assert all(np.isfinite(value) for value in measured.values.values())
    assert 0 <= measured.breakdown["mean_tpot_s"] <= measured.breakdown["p95_tpot_s"]
    assert measured.breakdown["mean_ttft_s"] > 0
    assert measured.breakdown[DRIFT] >= 0


@pytest.mark.torch
def test_in_the_sandbox_each_is_played_alone_and_need_not_repeat_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Arrivals wait for nobody: two episodes at once, or held to be the same, would be no use."""
    pytest.importorskip("torch", reason="needs PyTorch: pip install torch")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    parameters = {**TINY, "engine": quick_engine(tmp_path)}
    spec = ProblemSpec("request_scheduling", parameters, device="cpu")
    policy = SIMULATED.baselines()["fcfs"]
    ids = tuple(w.id for w in SIMULATED.workloads("tiny"))[:2]
    with closing(LocalExecutor(spec)) as executor:
        job = Job(policy.source, "tiny", "confirm", ids, expected_traces=dict.fromkeys(ids, "x"))
        report = executor.submit(job).result()
    assert isinstance(report.outcome, Score)
    assert not report.outcome.failures
    assert "model tiny" in report.device
    for id_ in ids:
        assert report.outcome.breakdown[id_][DRIFT] >= 0
        assert all(id_ in by_workload for by_workload in report.outcome.values.values())

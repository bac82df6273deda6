"""The problem on a device: the simulator's questions, and times in the place of balancedness."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from evaluators.contract import Problem, Split
from evaluators.engines.gpu.conditions import Conditions
from evaluators.engines.gpu.drift import DRIFT
from evaluators.engines.gpu.expert_ffn import ExpertSizes
from evaluators.engines.gpu.expert_layer import LayerTime
from evaluators.errors import InvalidAction, UsageError
from evaluators.identity import problem_digest
from evaluators.playing import play, replay
from evaluators.problems.expert_placement.on_device import PlacementOnDevice, even, sizes_of
from evaluators.problems.expert_placement.shape import (
    DEEPSEEK_R1,
    QWEN3_30B,
    PlacementParameters,
)
from evaluators.registry import ProblemSpec

TINY = {
    "num_experts": "8", "num_replicas": "12", "num_groups": "1", "num_nodes": "1", "num_gpus": "2",
    "history_windows": "2", "interval_windows": "2", "hidden_size": "16", "intermediate_size": "8",
    "top_k": "2", "tokens_per_gpu": "4", "timed_layers": "2", "timed_rounds": "1",
}  # fmt: skip
ONE_LAYER = {**TINY, "timed_layers": "1"}
SPEC = ProblemSpec("expert_placement", TINY, device="cpu")


@pytest.fixture
def problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Problem]:
    pytest.importorskip("torch", reason="needs PyTorch: pip install torch")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    made = SPEC.load()
    assert isinstance(made, PlacementOnDevice)
    yield made
    made.close()


# -- without a device ------------------------------------------------------------------------------


def test_layer_time_stands_in_the_place_of_balancedness() -> None:
    simulated, measured = (
        ProblemSpec("expert_placement", TINY, device=d).load() for d in ("", "cpu")
    )
    assert [o.name for o in simulated.objectives] == ["balancedness", "moved_share", "decision_cpu"]
    assert [o.name for o in measured.objectives] == ["layer_time", "moved_share", "decision_cpu"]
    assert measured.objectives[1:] == simulated.objectives[1:]
    assert "layer_time" in measured.statement
    assert measured.statement.startswith(simulated.statement)


def test_workloads_are_the_same_and_the_problem_is_another() -> None:
    simulated, measured = (
        ProblemSpec("expert_placement", TINY, device=d).load() for d in ("", "cpu")
    )
    for split in ("search", "selection", "sealed", "tiny"):
        assert [w.digest for w in measured.workloads(split)] == [  # type: ignore[arg-type]
            w.digest
            for w in simulated.workloads(split)  # type: ignore[arg-type]
        ]
    assert problem_digest(measured) != problem_digest(simulated)
    assert problem_digest(measured.simulated) == problem_digest(simulated)
    assert simulated.simulated is simulated


def test_what_only_a_device_needs_is_no_part_of_the_problem_at_its_default() -> None:
    whole = ProblemSpec("expert_placement").load()
    given = {"tokens_per_gpu": "1024", "timed_layers": "2", "hidden_size": "0"}
    assert problem_digest(ProblemSpec("expert_placement", given).load()) == problem_digest(whole)


def test_a_salt_draws_another_sealed_split_on_a_device_too() -> None:
    plain, salted = (
        ProblemSpec("expert_placement", TINY, salt=s, device="cpu").load() for s in ("", "x")
    )
    assert plain.workloads("sealed")[0].digest != salted.workloads("sealed")[0].digest
    assert salted.simulated.workloads("sealed")[0].digest == salted.workloads("sealed")[0].digest


def test_limits_have_no_balancedness() -> None:
    problem = SPEC.load()
    workload = problem.workloads("search")[0]
    assert set(problem.limits(workload)) == {"layer_time", "moved_share", "decision_cpu"}
    assert problem.references(workload) == {}


def test_known_models_have_their_own_sizes() -> None:
    plain = PlacementParameters()
    assert sizes_of(DEEPSEEK_R1.shape, plain) == ExpertSizes(7168, 2048, 8)
    assert sizes_of(QWEN3_30B.shape, plain) == ExpertSizes(2048, 768, 8)
    assert sizes_of(QWEN3_30B.shape, PlacementParameters(hidden_size=64)).hidden_size == 64


def test_sizes_that_nobody_knows_are_asked_for_when_the_problem_is_made() -> None:
    few = {"num_experts": "8", "num_replicas": "12", "num_groups": "1", "num_nodes": "1",
           "num_gpus": "2", "top_k": "2"}  # fmt: skip
    with pytest.raises(UsageError, match="no known model has 8 experts") as refused:
        ProblemSpec("expert_placement", few, device="cpu").load()
    assert refused.value.hint == "add --param hidden_size=N --param intermediate_size=N"
    ProblemSpec("expert_placement", few).load()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [("hidden_size", 20, "no multiple of 8"), ("intermediate_size", 4, "no multiple of 8"),
     ("top_k", 9, "top_k=9 of 8 experts")],
)  # fmt: skip
def test_sizes_that_no_kernel_has_are_refused(name: str, value: int, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        ProblemSpec("expert_placement", {**TINY, name: str(value)}, device="cpu").load()


def test_settings_of_models_that_nobody_knows_are_not_offered_on_a_device() -> None:
    spec = ProblemSpec("expert_placement", device="cuda:0")
    offered = spec.load().variations()
    assert {v.axis for v in offered} >= {"load", "deployment", "timing", "failures"}
    assert "model" not in {v.axis for v in offered}
    assert "model" in {v.axis for v in ProblemSpec("expert_placement").load().variations()}
    for variation in offered[:3]:
        assert spec.varied(variation).load().objectives[0].name == "layer_time"


@pytest.mark.parametrize("name", ["tokens_per_gpu", "timed_layers", "timed_rounds"])
def test_nothing_is_measured_of_nothing(name: str) -> None:
    with pytest.raises(UsageError, match=f"{name}=0, expected at least 1"):
        ProblemSpec("expert_placement", {**TINY, name: "0"}, device="cpu").load()


@pytest.mark.parametrize(
    ("number", "most", "expected"), [(58, 2, [0, 57]), (4, 9, [0, 1, 2, 3]), (5, 3, [0, 2, 4])]
)
def test_layers_are_taken_at_even_distances(number: int, most: int, expected: list[int]) -> None:
    assert even(number, most) == expected


class AnyLayer:
    """Takes a millisecond, and keeps the load that it was measured under."""

    def __init__(self) -> None:
        self.loads: list[float] = []

    def measure(
        self, placements: dict[str, np.ndarray], load: np.ndarray, *_: object
    ) -> dict[str, LayerTime]:
        self.loads.append(float(load[0]))
        return {name: LayerTime((1.0, 1.0), (1, 1), 0.0, 0.0) for name in placements}


def timed_layers(split: Split, policy: str, salt: str = "") -> list[float]:
    """The layers that were timed, each by its load: one of its own, the same in every window."""
    problem, timed = ProblemSpec("expert_placement", ONE_LAYER, device="cpu").load(), AnyLayer()
    vars(problem).update(_layer=lambda _: timed, _device=SimpleNamespace(conditions=Conditions))
    workload = problem.workloads(split)[0]
    load = np.ones_like(workload.content["load"])
    load *= np.arange(1, load.shape[1] + 1)[:, None]
    content = {**workload.content, "load": load}
    problem.salt = salt
    play(problem, replace(workload, content=content), problem.baselines()[policy])
    return timed.loads


def test_timed_layers_are_drawn_for_each_interval_and_the_same_for_every_policy() -> None:
    layers = timed_layers("search", "deepseek_hierarchical")
    assert len(set(layers)) > 2
    assert layers == timed_layers("search", "deepseek_global")
    assert layers == timed_layers("search", "deepseek_global", salt="x")
    assert timed_layers("sealed", "deepseek_global") != timed_layers(
        "sealed", "deepseek_global", salt="x"
    )


# -- on the CPU ------------------------------------------------------------------------------------


@pytest.mark.torch
def test_an_episode_is_timed_and_moves_what_the_simulator_says(problem: Problem) -> None:
    policy = problem.baselines()["deepseek_global"]
    for workload in problem.workloads("search")[:2]:
        measured, actions = play(problem, workload, policy)
        simulated = replay(problem.simulated, workload, actions)
        assert set(measured.values) == {"layer_time", "moved_share"}
        assert measured.values["moved_share"] == simulated.values["moved_share"]
        assert measured.breakdown["balancedness"] == simulated.values["balancedness"]
        parts = measured.breakdown["slowest_gpu_ms"] + measured.breakdown["exchange_ms"]
        assert measured.values["layer_time"] == pytest.approx(parts)
        assert measured.breakdown["slowest_gpu_ms"] >= measured.breakdown["mean_gpu_ms"] > 0
        assert measured.breakdown[DRIFT] >= 0


@pytest.mark.torch
def test_a_placement_that_is_refused_is_not_timed(problem: Problem) -> None:
    workload = problem.workloads("search")[0]
    episode = problem.episode(workload)
    shown = next(episode)
    with pytest.raises(InvalidAction, match="no slot"):
        episode.send({"placement": np.zeros_like(shown["previous"])})


@pytest.mark.torch
def test_it_is_prepared_once_and_says_where_it_is_measured(problem: Problem) -> None:
    facts = problem.prepare()
    assert "PyTorch" in facts
    assert problem.prepare() == facts
    with pytest.raises(UsageError, match="in use by process"):
        SPEC.load().prepare()

"""Device beside simulator: nothing differs where the device is the cost model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evaluators.engines.cost_model import read_calibration
from evaluators.engines.gpu.clock import VirtualClock
from evaluators.engines.gpu.iteration import Iteration, SyntheticEngine
from evaluators.engines.gpu.measure import main
from evaluators.problems.request_scheduling.against_simulator import (
    AIMS,
    SHOWN,
    Comparison,
    Versus,
    table,
)
from tests.evaluators.problems.request_scheduling.quick_engine import CONSTANTS


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "engine.toml"
    path.write_text(f'{CONSTANTS}[calibration]\nmodel = "tiny"\n')
    return str(path)


def versus(file: str, factor: float) -> Versus:
    """Against a device that takes so many times what the model says."""
    cost, clock = read_calibration(file), VirtualClock()

    class Slower(SyntheticEngine):
        def execute(self, iteration: Iteration) -> float:
            took_s = super().execute(iteration)
            clock.wait_until(clock.now_s() + (factor - 1) * took_s)
            return factor * took_s

    def from_zero() -> VirtualClock:
        clock.__init__()  # type: ignore[misc]
        return clock

    return Versus(Slower(cost, clock), file, from_zero)


@pytest.mark.parametrize("policy", ["fcfs", "sarathi"])
def test_a_device_that_is_the_model_shows_no_error(file: str, policy: str) -> None:
    compared = versus(file, 1.0).compare(policy, 0.7, seconds=5.0)
    assert compared.requests >= 40
    assert compared.device["mean_tpot_s"] > 0
    for name in SHOWN:
        assert compared.error(name) == pytest.approx(0, abs=1e-6), name


def test_a_slower_device_shows_as_an_error(file: str) -> None:
    compared = versus(file, 1.25).compare("fcfs", 0.7, seconds=5.0)
    assert -0.4 < compared.error("mean_tpot_s") < -0.15
    rows = list(table([compared]))
    assert sum("| fcfs |" in row for row in rows) == len(SHOWN)
    assert all(any(row.startswith(name) for row in rows) for name in AIMS)


def test_an_error_over_nothing_is_infinite() -> None:
    compared = Comparison("p", 1.0, 1, {"preemptions": 0.0}, {"preemptions": 3.0})
    assert compared.error("preemptions") == float("inf")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["request_schedulin"], "no measurement of"),
        (["request_scheduling", "--device", "cpu", "--calibration", "none.toml"], "No such file"),
    ],
)
def test_what_cannot_be_measured_is_said(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    assert message in capsys.readouterr().err


@pytest.mark.torch
def test_a_cpu_is_measured_and_its_figures_are_kept(
    file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("torch", reason="needs PyTorch: pip install torch")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    out = tmp_path / "figures.json"
    words = ["request_scheduling", "--device", "cpu", "--calibration", file, "--out", str(out)]
    assert main([*words, "--policies", "fcfs", "--loads", "0.7", "--seconds", "0.1"]) == 0
    assert "| 0.7 | fcfs | 40 | mean_tpot_s |" in capsys.readouterr().out
    kept = json.loads(out.read_text())
    assert kept["facts"]["model"] == "tiny"
    assert kept["rows"][0]["policy"] == "fcfs"

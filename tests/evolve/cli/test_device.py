"""`--device`: evaluate and run in a slot that measures; and one line where nothing can."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from evaluators.resources import resource
from evolve.cli.main import main
from evolve.runs import open_run
from tests.evaluators.problems.expert_placement.test_on_device import TINY

HAS_TORCH = importlib.util.find_spec("torch") is not None
POLICY = str(resource("seeds") / "expert_placement" / "deepseek_global.py")
PARAMS = [word for k, v in TINY.items() for word in ("--param", f"{k}={v}")]


@pytest.fixture(autouse=True)
def locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Devices are locked in a folder of this test, by the slots too."""
    (tmp_path / "locks").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "locks"))


def needs_torch() -> None:
    pytest.importorskip("torch", reason="needs PyTorch: pip install torch")


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(list(words)) == 2
    return capsys.readouterr().err


def test_what_is_missing_is_said_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    if HAS_TORCH:
        import torch

        if torch.cuda.is_available():
            pytest.skip("there is a GPU here")
    said = refused(capsys, "evaluate", "expert_placement", POLICY, "--device", "cuda:0")
    first, hint = said.splitlines()
    assert first.startswith("adrs: device cuda:0: PyTorch ")
    assert "finds no GPU" in first if HAS_TORCH else first.endswith("is not installed")
    assert hint.startswith("hint: ")


@pytest.mark.parametrize(
    "verb", [["evaluate", "request_routing", POLICY], ["run", "request_routing"]]
)
def test_a_problem_that_is_simulated_only_says_so(
    verb: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert "request_routing is not played on a device" in refused(capsys, *verb, "--device", "cpu")


def test_several_evaluators_do_not_share_a_device(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["evaluate", "expert_placement", POLICY, "--device", "cuda:0", "--workers", "2"]
    assert "cuda:0 is for one process alone" in refused(capsys, *words)


@pytest.mark.torch
def test_evaluate_measures_in_the_slot_and_names_the_device(
    capsys: pytest.CaptureFixture[str],
) -> None:
    needs_torch()
    words = ["evaluate", "expert_placement", POLICY, "--device", "cpu", *PARAMS]
    assert main([*words, "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    about = found["objectives"]["layer_time"]
    assert (about["unit"], about["better"], about["kind"]) == ("ms", "lower", "measured")
    assert about["value"] > 0
    assert about["best_baseline"] > 0
    assert found["objectives"]["moved_share"]["kind"] == "exact"
    assert "PyTorch" in found["device"]
    assert found["reference_drift"] >= 0
    assert found["sandbox"]["level"] != "none"


@pytest.mark.torch
def test_a_run_on_a_device_has_it_in_every_row_and_is_read_without_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    needs_torch()
    archive = str(tmp_path / "runs")
    words = ["run", "expert_placement", "--device", "cpu", *PARAMS, "--evaluations", "8"]
    assert main([*words, "--seed", "1", "--name", "r", "--archive", archive]) == 0
    run = open_run(archive, "r")
    assert run.settings.problem.device == "cpu"
    rows = run._journal.evaluations()
    assert rows
    assert all("PyTorch" in row.device for row in rows)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)  # as on another machine
    capsys.readouterr()
    assert main(["front", "r", "--archive", archive]) == 0
    assert "layer_time" in capsys.readouterr().out

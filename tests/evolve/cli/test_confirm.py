"""`adrs confirm`: what it prints, and the whole way on a CPU as the device."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from evaluators.registry import ProblemSpec
from evolve.cli.main import main
from evolve.search import run
from evolve.settings import Settings
from tests.evolve.cli.test_device import PARAMS, TINY
from tests.evolve.fakes import DelayedExecutor
from tests.evolve.test_confirming import Made, made, searched

__all__ = ["made"]

ADRS = [sys.executable, "-m", "evolve.cli.main"]
AGREEMENTS = {"alike", "reversed", "not told apart"}


def confirm(made: Made, monkeypatch: pytest.MonkeyPatch, *words: str, **behaviour: Any) -> int:
    """The exit code of a confirmation that is played in this process."""

    def executor(settings: Settings) -> DelayedExecutor:
        return DelayedExecutor(settings.problem.load(), 1, lambda: 0.0)

    monkeypatch.setattr("evolve.confirming.local_executor", executor)
    params = [w for k, v in behaviour.items() for w in ("--param", f"{k}={v}")]
    command = ["confirm", "r", "--device", "cpu", "--archive", made.archive]
    return main([*command, *params, *words])


def test_both_rankings_and_the_verdict(
    made: Made, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert confirm(made, monkeypatch) == 0
    out, err = capsys.readouterr()
    for part in ("evenness", "simulated ↑", "took", "measured ↓ ms", "largest_first", "baseline"):
        assert part in out
    assert "equals differ by 0.00% (plays of largest_first)" in out
    assert "the device drifted by 0.0% at most" in out
    assert ", 0 reversed, " in out
    assert "stays the winner: it is the best here too" in out
    assert "evaluations per minute" in err


def test_what_is_reversed_is_named_with_its_interval(
    made: Made, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert confirm(made, monkeypatch, law="direct") == 0
    out = capsys.readouterr().out
    assert "  reversed: " in out
    assert "does not stay the winner: " in out
    assert "rank correlation -" in out


def test_baselines_that_break_a_requirement_are_said_to_be_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert confirm(searched(tmp_path, "moved<=0.3"), monkeypatch) == 0
    out = capsys.readouterr().out
    assert "2 of 3 baselines break moved<=0.3: not measured\n" in out
    assert "largest_first" not in out


def test_a_drifting_device_gives_no_verdict_and_exit_code_1(
    made: Made, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert confirm(made, monkeypatch, drift=0.2) == 1
    out = capsys.readouterr().out
    assert "no verdict: the device drifted by 20.0%" in out
    assert "stays the winner" not in out
    assert confirm(made, monkeypatch, "--json", drift=0.2) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["winner"]["stays"] is None
    assert "drifted" in found["objection"]


def test_the_document_keeps_its_shape(
    made: Made, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert confirm(made, monkeypatch, "--json", "--rounds", "2", "--most", "2", law="direct") == 0
    found: Any = json.loads(capsys.readouterr().out)
    assert list(found) == [
        "run", "problem", "split", "device", "objectives", "rounds", "noise", "reference_drift",
        "objection", "policies", "correlation", "pairs", "reversed", "winner",
    ]  # fmt: skip
    assert (found["run"], found["split"], found["rounds"]) == ("r", "selection", 2)
    assert found["device"] == {"name": "cpu", "facts": ["test"]}
    assert found["objectives"]["measured"] == {"name": "took", "unit": "ms", "better": "lower"}
    assert set(found["pairs"]) == AGREEMENTS
    assert found["pairs"]["reversed"] == len(found["reversed"]) > 0
    for policy in found["policies"]:
        assert list(policy) == ["name", "id", "digest", "simulated", "measured"]
    ranks = [p["simulated"]["rank"] for p in found["policies"]]
    assert ranks == list(range(1, len(ranks) + 1))
    assert sorted(p["measured"]["rank"] for p in found["policies"]) == ranks
    assert list(found["winner"]) == ["name", "stays", "overtaken_by"]
    assert found["winner"]["stays"] is False


def test_without_a_device_it_says_what_is_missing(
    made: Made, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["confirm", "r", "--archive", made.archive]) == 2
    assert "--device" in capsys.readouterr().err
    assert main(["confirm", "r", "--archive", made.archive, "--device", "gpu"]) == 2
    assert "no device is called 'gpu'" in capsys.readouterr().err


def test_ctrl_c_says_that_the_same_command_goes_on(
    made: Made, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("evolve.confirming.confirm", interrupted)
    assert confirm(made, monkeypatch) == 130
    assert "nothing is lost: the same command goes on" in capsys.readouterr().err


# -- the whole way ---------------------------------------------------------------------------------


@pytest.mark.torch
def test_a_simulated_run_is_confirmed_on_the_cpu_and_goes_on_after_a_kill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the real sandbox, by the code that runs on a GPU; its lock dies with the process."""
    pytest.importorskip("torch", reason="needs PyTorch: pip install torch")
    (tmp_path / "locks").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "locks"))
    archive = str(tmp_path / "runs")
    spec = ProblemSpec("expert_placement", TINY)
    settings = Settings(spec, name="r", archive=archive, evaluations=6, seed=1)
    run(settings, executor=DelayedExecutor(spec.load(), 2, lambda: 0.0))
    words = ["confirm", "r", "--device", "cpu", "--rounds", "1", "--most", "2"]
    command = [*words, "--archive", archive, *PARAMS]
    made = Made(archive)
    known = len(made.rows("evaluation"))
    process = subprocess.Popen([*ADRS, *command], stderr=subprocess.PIPE, text=True)
    try:
        while process.poll() is None and len(made.rows("evaluation")) == known:
            time.sleep(0.1)
        assert process.poll() is None, process.communicate()
        process.send_signal(signal.SIGKILL)
    finally:
        process.communicate(timeout=120)
    kept = len(made.rows("evaluation"))
    assert main([*command, "--json"]) in (0, 1)
    found: Any = json.loads(capsys.readouterr().out)
    assert len(made.rows("message")) == 1
    assert len(made.rows("evaluation")) == known + len(found["policies"]) + 1
    assert kept > known
    assert "PyTorch" in found["device"]["facts"][0]
    assert found["objectives"]["measured"]["name"] == "layer_time"
    assert all(p["measured"]["value"] > 0 for p in found["policies"])
    assert found["reference_drift"] >= 0
    assert (found["objection"] is None) == (found["winner"]["stays"] is not None)


def test_a_run_of_a_problem_that_no_device_plays_says_so(
    archive: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["confirm", "queues", "--archive", archive, "--device", "cpu"]) == 2
    assert "not played on a device" in capsys.readouterr().err

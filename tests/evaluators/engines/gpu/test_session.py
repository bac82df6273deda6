"""The programs of a session, on a CPU and a tiny model."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from evaluators.engines.cost_model import read_calibration
from evaluators.engines.gpu import calibrate, check, session
from evaluators.engines.gpu.outputs import WrongOutputError


@pytest.mark.torch
def test_check_holds_the_engine_against_requests_alone(device, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    assert check.check(device, "tiny") == 2 + 4 + 4 * check.STEPS
    monkeypatch.setitem(check.MOST_ERROR, "cpu", 1e-9)
    with pytest.raises(WrongOutputError, match="differs"):
        check.check(device, "tiny")


@pytest.mark.torch
def test_calibrate_writes_a_file_that_the_simulator_reads(torch, tmp_path: Path, capsys) -> None:  # type: ignore[no-untyped-def]
    out = tmp_path / "tiny.toml"
    words = ["--device", "cpu", "--model", "tiny", "--out", str(out), "--kv-tokens", "512"]
    assert calibrate.main([*words, "--rounds", "1"]) == 0
    assert "held out" in capsys.readouterr().out
    assert read_calibration(out).kv_capacity_tokens == 512
    facts = tomllib.loads(out.read_text())["calibration"]
    assert facts["model"] == "tiny"
    assert "PyTorch" in facts["device"]


def test_a_model_that_is_unknown_is_said(tmp_path: Path, monkeypatch, capsys) -> None:  # type: ignore[no-untyped-def]
    pytest.importorskip("torch", reason="needs PyTorch: pip install torch")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert check.main(["--device", "cpu", "--model", "9b"]) == 2
    assert "unknown model '9b'" in capsys.readouterr().err


def test_a_part_that_fails_or_hangs_takes_no_other_with_it(tmp_path: Path) -> None:
    failing = session.Part("failing", ("measure", "nothing"), 60)
    assert session.run(failing, tmp_path, 60.0).startswith("failed with status 2")
    assert "no measurement of 'nothing'" in (tmp_path / "failing.txt").read_text()
    assert session.run(failing, tmp_path, 0.001).startswith("stopped")


def test_the_parts_depend_on_those_before_them(tmp_path: Path) -> None:
    named = list(session.parts("cuda:0", ["1b", "8b"], tmp_path, 10.0))
    assert [p.name for p in named] == [
        *(f"{of}-{model}" for model in ("1b", "8b") for of in ("check", "calibrate", "measure")),
        "measure-placement",
    ]
    for calibration, measurement in ((named[1], named[2]), (named[4], named[5])):
        assert calibration.words[-1] in measurement.words

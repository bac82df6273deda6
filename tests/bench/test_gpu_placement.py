"""The one call for a lent GPU, on the CPU with tiny shapes: nothing is first run on a GPU."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.bench.gpu_placement import main
from tests.evaluators.problems.expert_placement.test_on_device import TINY

PARAMS = [
    w
    for k, v in {**TINY, "timed_layers": "1"}.items()
    for w in ("--param", f"{k}={v}")
    if k != "tokens_per_gpu"
]


@pytest.mark.torch
def test_both_parts_leave_their_documents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("torch", reason="needs PyTorch: pip install torch")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("tests.bench.gpu_placement.MOST", 1)
    monkeypatch.setattr("tests.bench.gpu_placement.ROUNDS", 1)
    out = tmp_path / "out"
    words = ["--device", "cpu", "--out", str(out), "--seconds", "5", "--evaluations", "6", *PARAMS]
    code = main([*words, "--param", "tokens_per_gpu=4", "--measure=--copies=1"])
    found = {p.stem: json.loads(p.read_text()) for p in out.glob("*.json")}
    assert set(found) == {"placement", "confirm"}
    assert code == int(found["placement"]["kept"] == 0 or bool(found["confirm"]["objection"]))
    assert len(found["confirm"]["policies"]) >= 6
    assert "equals differ by" in capsys.readouterr().out


def test_a_device_that_is_not_there_ends_it_in_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--device", "gpu", "--out", str(tmp_path)]) == 2
    assert "no device is called 'gpu'" in capsys.readouterr().err

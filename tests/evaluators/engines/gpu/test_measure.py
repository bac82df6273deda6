"""`python -m evaluators.engines.gpu.measure`: rows, agreement, and what a bare machine needs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evaluators.engines.gpu import measure_placement
from evaluators.engines.gpu.measure import MEASURES, main
from evaluators.engines.gpu.placement_agreement import agreement, summary
from evaluators.engines.gpu.placement_rows import drawn
from evaluators.problems.expert_placement.problem import ExpertPlacement
from evaluators.problems.expert_placement.shape import PlacementParameters

PARAMS = [
    word
    for pair in (
        "num_experts=8 num_replicas=12 num_groups=1 num_nodes=1 num_gpus=2 history_windows=2"
        " interval_windows=2 hidden_size=16 intermediate_size=8 top_k=2 timed_layers=1"
        " timed_rounds=1"
    ).split()
    for word in ("--param", pair)
]
NO_OTHERS = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"scipy", "sqlalchemy", "rich", "moocore", "alembic", "cma"}:
            raise ImportError(f"{name} is not on a bare machine")

sys.meta_path.insert(0, Missing())
from evaluators.engines.gpu.measure import main
sys.exit(main(sys.argv[1:]))
"""


def made_rows(slope: float) -> list[dict[str, Any]]:
    """Nine workloads of one layer and four placements, whose time follows balancedness."""
    rng = np.random.default_rng(0)
    return [
        {"workload": str(w), "experts": 8, "tokens_per_gpu": t, "decision": 0, "layer": 0,
         "balancedness": b, "layer_ms": 1 - slope * b, "slowest_gpu_ms": 1 - slope * b}
        for w in range(9) for t in (4, 8) for b in rng.uniform(0.3, 1.0, 4)
    ]  # fmt: skip


def test_times_that_follow_balancedness_are_ranked_by_it() -> None:
    found = agreement(made_rows(0.5))
    assert [(r["experts"], r["tokens_per_gpu"]) for r in found] == [(8, 4), (8, 8)]
    for row in found:
        assert row["whole"]["estimate"] == row["gemms"]["estimate"] == pytest.approx(1.0)
        assert row["within"] == pytest.approx(1.0)
        assert (row["whole"]["clusters"], row["whole"]["rows"]) == (9, 36)
    assert agreement(made_rows(-0.5))[0]["whole"]["estimate"] == pytest.approx(-1.0)
    assert agreement(made_rows(0.0))[0] == {
        "experts": 8, "tokens_per_gpu": 4, "whole": None, "gemms": None, "within": None,
    }  # fmt: skip
    assert agreement([]) == []


def test_workloads_are_of_no_split() -> None:
    problem = ExpertPlacement()
    known = {w.digest for s in ("search", "selection", "sealed") for w in problem.workloads(s)}  # type: ignore[arg-type]
    made = [w for copy in range(2) for w in drawn(PlacementParameters(), copy)]
    assert not known & {w.digest for w in made}
    assert len({w.cluster for w in made}) == len(made) == 16


def test_a_problem_that_nothing_measures_is_two_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["broadcast_routing"]) == 2
    first, second = capsys.readouterr().err.splitlines()
    assert first == "no measurement of 'broadcast_routing'"
    assert "expert_placement" in second
    assert main([]) == 2
    assert all(module.startswith("evaluators.") for module in MEASURES.values())


def test_a_folder_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["expert_placement", "--device", "cpu", "--out", "/nowhere/x.json"]
    assert main(words) == 2
    assert "/nowhere is no folder" in capsys.readouterr().err


@pytest.mark.torch
@pytest.mark.usefixtures("torch")
def test_a_document_has_every_row_and_says_how_they_agree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(measure_placement, "MOST_DRIFT", float("inf"))  # a CPU is shared
    out = tmp_path / "found.json"
    words = ["--device", "cpu", "--out", str(out), "--tokens-per-gpu", "8", "4", "--copies", "1"]
    assert main(["expert_placement", *words, "--decisions", "1", *PARAMS]) == 0
    found = json.loads(out.read_text())
    assert found["workloads"] == {"wanted": 16, "timed": 16}
    assert found["kept"] == len(found["rows"]) == 16 * 6
    assert found["gemm"] == ["torch.nn.functional.grouped_mm"]
    assert "PyTorch" in found["device"]["facts"]
    for row in found["rows"]:
        assert row["layer_ms"] == pytest.approx(row["slowest_gpu_ms"] + row["exchange_ms"])
        assert 0 < row["balancedness"] <= 1
    assert {r["policy"] for r in found["rows"]} == set(ExpertPlacement().baselines())
    assert [r["tokens_per_gpu"] for r in found["agreement"]] == [4, 8]
    said = capsys.readouterr().out
    assert said.splitlines() == list(summary(found))
    assert "16 of 16 workloads" in said
    assert "balancedness ranks layer times by" in said


@pytest.mark.torch
@pytest.mark.usefixtures("torch")
def test_what_drifted_is_refused_and_time_that_is_over_ends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measure_placement, "MOST_DRIFT", -1.0)
    out = tmp_path / "found.json"
    words = ["--device", "cpu", "--out", str(out), "--tokens-per-gpu", "8", "--decisions", "1"]
    assert main(["expert_placement", *words, "--copies", "1", "--seconds", "1e-9", *PARAMS]) == 1
    found = json.loads(out.read_text())
    assert found["workloads"] == {"wanted": 8, "timed": 0}
    assert main(["expert_placement", *words, "--copies", "1", *PARAMS]) == 1
    found = json.loads(out.read_text())
    assert (found["kept"], found["refused"], found["agreement"]) == (0, 48, [])


@pytest.mark.torch
@pytest.mark.usefixtures("torch")
def test_it_runs_with_numpy_and_pytorch_alone(tmp_path: Path) -> None:
    words = ["expert_placement", "--device", "cpu", "--out", str(tmp_path / "found.json"),
             "--copies", "1", "--tokens-per-gpu", "4", "--decisions", "1", *PARAMS]  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", NO_OTHERS, *words], check=False, capture_output=True, text=True
    )
    assert done.returncode in (0, 1), done.stderr
    assert "8 of 8 workloads" in done.stdout

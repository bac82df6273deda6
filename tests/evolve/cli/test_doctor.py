"""A problem calibrated in the real sandbox, and what comparisons make of its noise floor."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from evaluators.comparison import Contrast
from evaluators.contract import Score
from evaluators.registry import ProblemSpec
from evaluators.stats import LEVEL, Interval
from evolve.cli.compare_page import ComparedPolicies
from evolve.cli.lookup import Named
from evolve.cli.main import main
from evolve.comparing import Comparison
from tests.problems import PLANTED
from tests.problems.planted import ANSWER

TIMED = [PLANTED.name, "--param", "timed=true", "--param", "clusters=8"]
SLOW = ANSWER.format(level=0.5, tag=0).replace("    return", "    sum(range(200000))\n    return")


@pytest.fixture(autouse=True)
def _one_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evaluators.calibration.PAIRS", 1)


def findings(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> Any:
    assert main(["doctor", *words, "--json"]) == code
    return {f["subject"]: f for f in json.loads(capsys.readouterr().out)}


def test_a_problem_without_clocks_shows_no_difference(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = findings(capsys, PLANTED.name)
    assert list(found) == ["cost", "delay"]
    assert all(f["is_well"] for f in found.values())
    assert "exact: 2 pairs of half and little came to the same" in found["cost"]["text"]
    assert not state.exists()  # there is no floor to keep


def test_a_problem_that_is_not_deterministic_is_bad(capsys: pytest.CaptureFixture[str]) -> None:
    found = findings(capsys, PLANTED.name, "--param", "steady=false", code=1)
    assert not found["cost"]["is_well"]
    assert "not deterministic" in found["cost"]["text"]


def test_a_difference_beyond_the_floor_is_an_improvement(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "slow.py").write_text(SLOW)
    assert "noise floor" in findings(capsys, *TIMED)["cpu"]["text"]
    assert main(["compare", "half", str(tmp_path / "slow.py"), "--problem", *TIMED, "--json"]) == 0
    cpu = json.loads(capsys.readouterr().out)["objectives"][-1]
    assert 0 < cpu["noise_floor"] < 2
    assert cpu["verdict"] == "A is better"  # by a hundred times, whatever else runs here


def test_without_a_floor_the_command_that_measures_it_is_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    spec = ProblemSpec(PLANTED.name, {"timed": "true"})
    problem = spec.load()
    outcome = Score({o.name: {} for o in problem.objectives})
    surely = Interval(1.0, 0.5, 1.5, LEVEL, 12)
    unknown = Contrast(problem.objectives[-1], 3.0, 2.0, surely, None)
    elsewhere = dataclasses.replace(spec, workload_file="my traces/a.csv")
    timed = f"{PLANTED.name} --param timed=true"
    for of, split, words in (
        (spec, "selection", timed),
        (spec, "search", f"{timed} --split search"),
        (elsewhere, "selection", f"{timed} --workload 'my traces/a.csv'"),
    ):
        found = Comparison(of, problem, split, outcome, outcome, [unknown])
        ComparedPolicies(found, Named("a", ""), Named("b", "")).print(as_json=False)
        told = f"noise floor unknown: run adrs doctor {words}"
        assert capsys.readouterr().out.splitlines()[-1].endswith(told)


def test_the_sealed_split_is_calibrated_on_the_record_only(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["doctor", PLANTED.name, "--split", "sealed"]) == 2
    assert "on the record" in capsys.readouterr().err

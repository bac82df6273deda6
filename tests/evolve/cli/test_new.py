"""What `adrs new` writes works at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from evolve.cli.main import main
from tests.evolve.cli.conftest import TWO_QUEUES


def test_a_new_problem_passes_its_own_test(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["new", "problem", "job_dispatch", "--dir", str(tmp_path)]) == 0
    assert f"try it: pytest {tmp_path}/test_job_dispatch.py" in capsys.readouterr().out
    source = (tmp_path / "job_dispatch.py").read_text(encoding="utf-8")
    assert "class JobDispatch(Problem):" in source
    assert "keleton" not in source
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(command, check=False, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_a_new_policy_is_scored_like_the_baseline_that_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["new", "problem", "job_dispatch", "--dir", str(tmp_path)]) == 0
    problem = str(tmp_path / "job_dispatch.py")
    assert main(["new", "policy", problem, "--dir", str(tmp_path)]) == 0
    policy = tmp_path / "job_dispatch_policy.py"
    text = policy.read_text(encoding="utf-8")
    assert text.startswith("# A policy for job_dispatch: `choose`. From its baseline ")
    assert "backlog_s: float64[4] (s)" in text
    capsys.readouterr()
    assert main(["evaluate", problem, str(policy), "--split", "search", "--workers", "1"]) == 0
    assert "mean_wait" in capsys.readouterr().out


def test_a_new_policy_is_tried_on_the_problem_as_it_was_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    problem = [str(TWO_QUEUES), "--param", "jobs=60"]
    assert main(["new", "policy", *problem, "--dir", str(tmp_path)]) == 0
    told = " ".join([*problem, f"{tmp_path}/two_queues_policy.py"])
    assert f"try it: adrs evaluate {told}\n" in capsys.readouterr().out


def test_nothing_is_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "test_mine.py").write_text("mine", encoding="utf-8")
    assert main(["new", "problem", "mine", "--dir", str(tmp_path)]) == 2
    assert "test_mine.py is there already" in capsys.readouterr().err
    assert [f.name for f in tmp_path.iterdir()] == ["test_mine.py"]


@pytest.mark.parametrize("name", ["Bin-Packing", "class", "2fast", "a/b", "workload", "array"])
def test_names_that_no_module_can_have(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["new", "problem", name, "--dir", str(tmp_path)]) == 2
    assert f"a problem cannot be called {name!r}" in capsys.readouterr().err


def test_a_policy_for_no_problem(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", "policy", "expert_placment", "--dir", str(tmp_path)]) == 2
    assert "expert_placement" in capsys.readouterr().err


def test_a_folder_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", "problem", "mine", "--dir", str(tmp_path / "no")]) == 2
    assert "No such file or directory" in capsys.readouterr().err

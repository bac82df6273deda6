"""Searches from the command line, in processes of their own and in the real sandbox."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from archive.store.places import store_at
from evolve.cli.main import main
from evolve.runs import open_run
from tests.evolve.cli.conftest import TWO_QUEUES

ADRS = [sys.executable, "-m", "evolve.cli.main"]
SMALL = ["--param", "jobs=60", "--workers", "2", "--seed", "1"]


def search(archive: Path, name: str, *words: str) -> list[str]:
    """The words of a search on a small problem."""
    return ["run", str(TWO_QUEUES), *SMALL, "--archive", str(archive), "--name", name, *words]


def finished(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*ADRS, *words], capture_output=True, text=True, check=False, timeout=120)


def test_run_then_resume(tmp_path: Path) -> None:
    done = finished(*search(tmp_path, "a", "--evaluations", "12", "--exact"))
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"a stopped (evaluations): adrs front a --archive {tmp_path}\n"
    said = done.stderr.splitlines()
    assert sum("evaluations per minute" in line for line in said) == 1
    assert said[-1].startswith("12/12 evaluations")

    again = finished(*search(tmp_path, "a", "--evaluations", "12"))
    assert again.returncode == 2
    assert "run 'a' exists" in again.stderr

    before = len(open_run(str(tmp_path), "a").entries())
    more = finished("resume", "a", "--evaluations", "+6", "--archive", str(tmp_path))
    assert more.returncode == 0, more.stderr
    assert more.stderr.splitlines()[-1].startswith("18/18 evaluations")
    assert len(open_run(str(tmp_path), "a").entries()) >= before + 6


def test_interrupt_stops_cleanly_and_says_how_to_go_on(tmp_path: Path) -> None:
    words = search(tmp_path, "b", "--evaluations", "100000")
    process = subprocess.Popen(
        [*ADRS, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        _wait_for_commits(tmp_path, "b", 4, process)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=240)
    finally:
        process.kill()
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert out == f"interrupted, nothing is lost: adrs resume b --archive {tmp_path}\n"
    kept = len(open_run(str(tmp_path), "b").entries())
    done = finished("resume", "b", "--seconds", "1", "--archive", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "stopped (seconds)" in done.stdout
    assert len(open_run(str(tmp_path), "b").entries()) >= kept


def _wait_for_commits(archive: Path, name: str, count: int, process: subprocess.Popen[str]) -> None:
    while process.poll() is None:
        if (archive / name).is_dir():
            with store_at(archive).open(name) as journal:
                if len(journal.commits()) >= count:
                    return
        time.sleep(0.1)
    raise AssertionError(f"the run ended before {count} commits: {process.communicate()[1]}")


def test_a_search_that_finds_nothing_valid_exits_with_3(tmp_path: Path) -> None:
    broken = tmp_path / "broken_baselines.py"
    source = TWO_QUEUES.read_text()
    assert "return int(np.argmax(waiting))" in source
    broken.write_text(source.replace("return int(np.argmax(waiting))", "raise KeyError(waiting)"))
    words = ["run", str(broken), *SMALL, "--evaluations", "1", "--archive", str(tmp_path)]
    done = finished(*words)
    assert done.returncode == 3, done.stderr
    assert "crash" in done.stderr


def test_from_starts_at_another_runs_front(archive: str, tmp_path: Path) -> None:
    given = open_run(archive, "queues").front()
    target = Path(archive)
    words = search(target, "child", "--evaluations", "3", "--from", "queues")
    assert finished(*words).returncode == 0
    seeds = {e.proposal.source for e in open_run(archive, "child").entries()}
    assert {e.proposal.source for e in given} <= seeds


def test_a_problem_file_that_is_not_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", str(tmp_path / "none.py")]) == 2
    assert "no problem file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--hint", "look at the tail"], "nobody would see a hint"),
        (["--hint", "look at the tail", "--dry-run"], "nobody would see a hint"),
        (["--objectives", "eror", "--dry-run"], "unknown objective 'eror'"),
    ],
)
def test_what_would_have_no_effect_begins_no_run(tmp_path, capsys, words, says):
    assert main(search(tmp_path, "r", *words)) == 2
    assert says in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []

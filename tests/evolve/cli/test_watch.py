"""The live view of a run, from another terminal."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from archive.entry import Commit
from archive.store.folder import FolderStore
from evolve.cli.main import main
from evolve.cli.watch_page import sparkline, watch
from evolve.following import Follower
from tests.archive.browse import archives


@pytest.fixture
def small(tmp_path: Path) -> Path:
    archives.fill_small(tmp_path)
    return tmp_path


def test_a_run_at_rest_is_said_in_a_line(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["watch", "queues", "--archive", str(small)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("6/40 evaluations")
    assert "failed: crash 1" in said[0]
    assert " left" not in said[0]
    assert said[1] == f"queues stopped (evaluations): adrs front queues --archive {small}"


def test_a_baseline_may_be_dominated_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    started = list(zip(archives.seeds(), [(6.0, 5.0), (9.0, 9.0)], strict=True))
    archives.fill_started(tmp_path, "queues", started, decisions=("front", "dominated"))
    assert main(["watch", "queues", "--archive", str(tmp_path)]) == 0
    assert "2/40 evaluations" in capsys.readouterr().out


def test_a_terminal_is_drawn_anew_until_the_run_ends(small: Path) -> None:
    found = archives.proposal(8, "constants", (4,))
    journal = FolderStore(small).open("queues", write=True)
    waits = 0

    def wait(seconds: float) -> None:
        """What the run does between two looks: one more entry, then its end."""
        nonlocal waits
        waits += 1
        if waits == 1:
            journal.add_proposal(found)
            played = archives.evaluation(found, archives.score("search", (1.0, 1.0)))
            journal.add_evaluation(played)
            journal.add_commit(Commit(8, 8, "front"))
        elif waits == 3:
            journal.add_note("stop", {"reason": "seconds", "elapsed_s": 1.0}, "")
            journal.close()

    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=80, height=24, color_system=None)
    watch(Follower(str(small), "queues"), console, wait)
    shown = out.getvalue()
    assert waits == 3
    assert "6/40 evaluations" in shown
    assert "7/40 evaluations" in shown
    assert "queues: two_queues, running" in shown
    assert "queues: two_queues, stopped (seconds)" in shown
    assert "6 delete_statement: crash: ZeroDivisionError: division by zero" in shown
    assert "hypervolume 0." in shown


def test_leaving_it_leaves_the_run(small: Path) -> None:
    command = [sys.executable, "-m", "evolve.cli.main", "watch", "--archive", str(small)]
    with (
        FolderStore(small).open("queues", write=True),
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process,
    ):
        assert process.stdout is not None
        try:
            assert process.stdout.readline().startswith("6/40 evaluations")
            process.send_signal(signal.SIGINT)
            said, _ = process.communicate(timeout=120)
            assert f"left; queues goes on: adrs watch queues --archive {small}" in said
        finally:
            process.kill()
    assert process.returncode == 0


def test_the_growth_of_the_front_in_bars() -> None:
    assert sparkline([(1, 0.0), (5, 0.5), (8, 1.0)], width=8) == "▁▁▁▁▅▅▅█"
    assert sparkline([(3, 0.7)]) == "█"


@pytest.mark.parametrize("verb", ["watch", "browse"])
def test_an_unknown_run_is_refused(small: Path, verb: str, capsys) -> None:
    assert main([verb, "queue", "--archive", str(small)]) == 2
    message = capsys.readouterr().err
    assert "no run 'queue'" in message or "browse needs a terminal" in message

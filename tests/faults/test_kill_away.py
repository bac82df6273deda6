"""kill -9 of a run that asks a model while its server is away: all that had arrived is kept."""

from __future__ import annotations

import signal
import subprocess
import time
from collections import Counter, deque
from pathlib import Path

import numpy as np
import pytest

from archive.library import dump
from archive.store.places import store_at
from archive.store.spool import waiting
from tests.conftest import IS_SOAK
from tests.faults.command import adrs, finish
from tests.faults.test_kill import wait_until_written
from tests.faults.test_kill_with_models import seen_by, stub, words_of
from tests.postgres import Server
from tests.problems import GuessProblem

__all__ = ["stub"]
KILLS = 20 if IS_SOAK else 1
EVALUATIONS = 300 if IS_SOAK else 60  # more than are made between so many kills
QUIET_LOOKS = 5


def wait_for_calls(archive: str, more: int, process: subprocess.Popen[bytes]) -> None:
    """Until so many more calls have been made."""
    with store_at(archive).open("r") as journal:
        wanted = len(journal.calls()) + more
        while len(journal.calls()) < wanted:
            assert process.poll() is None, process.communicate()
            time.sleep(0.05)


def wait_until_quiet(url: str, process: subprocess.Popen[bytes]) -> int:
    """Until nothing has been asked, answered or kept for a while; how much was asked."""
    looks = deque([(-1, -1)], maxlen=QUIET_LOOKS)
    while len(looks) < QUIET_LOOKS or len(set(looks)) > 1:
        assert process.poll() is None, process.communicate()
        looks.append((seen_by(url), sum(w.rows for w in waiting())))
        time.sleep(0.5)
    return looks[0][0]


@pytest.mark.timeout(3600 if IS_SOAK else 300)
@pytest.mark.parametrize("exact", [True, False] if IS_SOAK else [True])
def test_a_run_that_is_killed_while_its_server_is_away_loses_no_answer(
    tmp_path: Path, postgres: Server, stub: str, exact: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    finish(adrs(*words_of(tmp_path / "whole", stub, exact, EVALUATIONS)))
    archive, before = postgres.emptied(), seen_by(stub)
    rng = np.random.default_rng(2)
    process, kills = adrs(*words_of(archive, stub, exact, EVALUATIONS)), 0
    wait_until_written(archive, "r", process)
    while kills < KILLS:
        wait_for_calls(archive, int(rng.integers(3, 9)), process)
        postgres.stop_at_once()
        seen = wait_until_quiet(stub, process) - before
        process.send_signal(signal.SIGKILL)
        process.wait()
        kills += 1
        postgres.start()
        with store_at(archive).open("r", write=True) as journal:
            answered = sum(e.state == "answered" for e in journal.call_ends())
            assert seen == answered == len(journal.calls())
        process = adrs("resume", "r", "--archive", archive)
        wait_until_written(archive, "r", process)
    finish(process)
    assert not list(waiting())
    with store_at(archive).open("r") as journal:
        turns = {c.id: (c.number, c.turn) for c in journal.calls()}
        again = Counter(turns[e.id] for e in journal.call_ends() if e.state == "answered")
        killed = dump(journal, GuessProblem())
    assert seen_by(stub) - before == again.total()
    assert set(again.values()) == {1}, "an answered request was asked again"
    if exact:
        with store_at(tmp_path / "whole").open("r") as journal:
            assert killed == dump(journal, GuessProblem())

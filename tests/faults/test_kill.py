"""kill -9 at random moments of real runs: nothing journalled is lost, resuming is exact."""

from __future__ import annotations

import signal
import subprocess
import time
from itertools import count, cycle

import numpy as np
import pytest

from archive.library import dump
from archive.store.places import store_at
from evaluators.errors import UsageError
from tests.conftest import IS_SOAK
from tests.faults.command import adrs, finish
from tests.postgres import Server
from tests.problems import SUM, SumProblem

EVALUATIONS = 80
RUNS = 10 if IS_SOAK else 1  # exact ones and others, in each store
LONGEST_S = (0.05, 0.3, 0.6, 1.0, 2.0)  # until a run that writes is killed: so often, each time
SERVER_KILLS = 20 if IS_SOAK else 2
Rows = dict[str, list[object]]


def run_words(archive: str, name: str, exact: bool) -> list[str]:
    words = ["run", SUM.name, "--evaluations", str(EVALUATIONS), "--seed", "5", "--workers", "2"]
    return [*words, "--archive", archive, "--name", name, *(["--exact"] if exact else [])]


def rows(archive: str, name: str) -> Rows:
    with store_at(archive).open(name) as journal, journal.snapshot():
        return {
            "proposals": list(journal.proposals()),
            "evaluations": list(journal.evaluations()),
            "commits": list(journal.commits()),
        }


def canonical(archive: str, name: str) -> bytes:
    with store_at(archive).open(name) as journal:
        return dump(journal, SumProblem())


def check_kept(before: Rows, after: Rows) -> None:
    """Rows are appended: what was there is there, and as it was."""
    for kind, known in before.items():
        assert after[kind][: len(known)] == known, f"{kind} were lost or changed"


@pytest.fixture(params=["folder", "postgres"])
def archive(request: pytest.FixtureRequest) -> str:
    if request.param == "folder":
        return str(request.getfixturevalue("tmp_path"))
    server: Server = request.getfixturevalue("postgres")
    return server.emptied()


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What an exact run comes to."""
    archive = str(tmp_path_factory.mktemp("whole"))
    finish(adrs(*run_words(archive, "r", exact=True)))
    return canonical(archive, "r")


def kill_again_and_again(archive: str, name: str, exact: bool, rng: np.random.Generator) -> None:
    """Kill a run at random moments, resume it each time, and let it end."""
    process = adrs(*run_words(archive, name, exact))
    store, before = store_at(archive), Rows()
    for longest_s in rng.permutation(LONGEST_S):
        wait_until_written(archive, name, process)
        time.sleep(float(rng.uniform(0.0, longest_s)))
        process.send_signal(signal.SIGKILL)
        process.wait()
        if name in store.names():
            after = rows(archive, name)
            check_kept(before, after)
            before = after
            process = adrs("resume", name, "--archive", archive)
        else:
            process = adrs(*run_words(archive, name, exact))
    finish(process)
    check_kept(before, rows(archive, name))


@pytest.mark.timeout(7200 if IS_SOAK else 900)
def test_an_exact_run_ends_as_if_it_had_never_been_killed(archive, uninterrupted):
    rng = np.random.default_rng(1)
    for name in (f"e{i}" for i in range(RUNS)):
        kill_again_and_again(archive, name, True, rng)
        assert canonical(archive, name) == uninterrupted


@pytest.mark.timeout(7200 if IS_SOAK else 900)
def test_without_exact_no_row_is_lost_or_changed(archive):
    rng = np.random.default_rng(7)
    for name in (f"n{i}" for i in range(RUNS)):
        kill_again_and_again(archive, name, False, rng)
        assert len(rows(archive, name)["commits"]) >= EVALUATIONS


@pytest.mark.timeout(7200 if IS_SOAK else 900)
def test_a_run_outlives_its_server(postgres, uninterrupted):
    """The server is killed, or told to stop at once, and comes back; the run waits and goes on."""
    rng = np.random.default_rng(3)
    archive, ends = postgres.emptied(), cycle((postgres.stop_at_once, postgres.kill))
    names, kills = (f"s{i}" for i in count(1)), 0
    while kills < SERVER_KILLS:
        name, before = next(names), {}
        process = adrs(*run_words(archive, name, exact=True))
        wait_until_begun(archive, name, process)
        while process.poll() is None and kills < SERVER_KILLS:
            next(ends)()
            kills += 1
            time.sleep(float(rng.uniform(0.0, 0.5)))
            postgres.start()
            after = rows(archive, name)
            check_kept(before, after)
            before = after
            time.sleep(float(rng.uniform(0.0, 2.0)))
        finish(process)
        check_kept(before, rows(archive, name))
        assert canonical(archive, name) == uninterrupted


def wait_until_written(archive: str, name: str, process: subprocess.Popen[bytes]) -> None:
    """Until the process writes the run, or has ended."""
    store = store_at(archive)
    while process.poll() is None:
        if name in store.names() and store.is_being_written(name):
            return
        time.sleep(0.02)


def wait_until_begun(archive: str, name: str, process: subprocess.Popen[bytes]) -> None:
    """Until the search has made its first proposal: what goes away before is told in two lines."""
    wait_until_written(archive, name, process)
    while process.poll() is None and not rows(archive, name)["proposals"]:
        time.sleep(0.02)


def test_one_writer_at_a_time_and_the_holder_is_named(archive):
    process = adrs(*run_words(archive, "r", exact=True))
    try:
        wait_until_written(archive, "r", process)
        with pytest.raises(UsageError) as refused:
            store_at(archive).open("r", write=True)
        assert f"process {process.pid} on" in refused.value.message
    finally:
        process.kill()
        process.wait()

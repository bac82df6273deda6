"""Whole runs on a cluster: what is killed costs no entry, and no key leaves the engine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from archive.library import dump
from archive.store.places import store_at
from tests.faults.command import adrs, finish
from tests.nodes import Nodes, command
from tests.problems import PACED, PacedProblem
from tests.processes import processes_below

pytestmark = [pytest.mark.ray, pytest.mark.timeout(280)]
EVALUATIONS = 40
CANARY = "canary-f00dfeed"


def run_words(archive: Path, name: str, evaluations: int = EVALUATIONS) -> list[str]:
    words = ["run", PACED.name, "--evaluations", str(evaluations), "--seed", "5", "--exact"]
    return [*words, "--archive", str(archive), "--name", name]


def canonical(archive: Path, name: str) -> bytes:
    with store_at(str(archive)).open(name) as journal:
        return dump(journal, PacedProblem())


def num_evaluations(archive: Path, name: str) -> int:
    store = store_at(str(archive))
    if name not in store.names():
        return 0
    with store.open(name) as journal:
        return len(journal.evaluations())


def wait_for(reached: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    """Until something is so, or the process has ended."""
    while not reached() and process.poll() is None:
        time.sleep(0.1)
    assert process.poll() is None, process.communicate()[1].decode()


def test_an_exact_run_is_the_local_one_whatever_is_killed(nodes: Nodes, tmp_path: Path):
    """A node, the engine, and another node; nothing but the engine ever had its key."""
    finish(adrs(*run_words(tmp_path, "here"), "--workers", "8"))
    nodes.restore()
    began = time.time()
    process = with_key(*run_words(tmp_path, "there"), "--executor", nodes.address)
    wait_for(lambda: num_evaluations(tmp_path, "there") >= 8, process)
    nodes.kill("node-1")
    wait_for(lambda: num_evaluations(tmp_path, "there") >= 16, process)
    nodes.add("node-5")
    assert holders(processes_below(os.getpid())) == {process.pid}
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = num_evaluations(tmp_path, "there")
    process = with_key("resume", "there", "--archive", str(tmp_path))
    wait_for(lambda: num_evaluations(tmp_path, "there") > before, process)
    assert holders(processes_below(os.getpid())) == {process.pid}
    nodes.kill("node-2")
    finish(process)
    assert canonical(tmp_path, "there") == canonical(tmp_path, "here")
    assert not logged(began)
    with store_at(str(tmp_path)).open("there") as journal:
        evaluations = journal.evaluations()
    assert {e.executor for e in evaluations} == {"ray"}
    assert len({e.key for e in evaluations}) == len(evaluations), "no evaluation was made twice"


def with_key(*words: str) -> subprocess.Popen[bytes]:
    """The command line beside a key."""
    return subprocess.Popen(
        [sys.executable, "-m", "evolve.cli.main", *words],
        env={**os.environ, "OPENAI_API_KEY": CANARY}, stderr=subprocess.PIPE,
    )  # fmt: skip


def holders(pids: set[int]) -> set[int]:
    """Those whose environment or command line has the canary."""
    found = set()
    for pid in pids:
        for name in ("environ", "cmdline"):
            try:
                blob = Path(f"/proc/{pid}/{name}").read_bytes()
            except OSError:  # it has ended, or is closed even to its own user
                continue
            if CANARY.encode() in blob:
                found.add(pid)
    return found


def logged(since: float) -> list[Path]:
    """What Ray has written since then that has the canary."""
    sessions = [p for p in Path("/tmp/ray").glob("session_2*") if p.stat().st_mtime >= since]
    files = [f for p in sessions for f in p.rglob("*") if f.is_file()]
    return [f for f in files if CANARY.encode() in f.read_bytes()]


def test_a_ray_of_its_own_has_no_key_and_dies_with_a_killed_engine(nodes: Nodes, tmp_path: Path):
    began = time.time()
    process = with_key(*run_words(tmp_path, "r"), "--workers", "1", "--executor", "ray")
    wait_for(lambda: num_evaluations(tmp_path, "r") >= 3, process)
    below = processes_below(process.pid)
    assert len(below) > 5  # broker, Ray's servers, its workers, a slot
    assert holders(processes_below(os.getpid())) == {process.pid}, "the engine alone has the key"
    process.kill()
    process.communicate()
    for _ in range(300):
        if not (left := [c for c in map(command, below) if c and b"Agent" not in c]):
            break
        time.sleep(0.1)
    assert not left, "all but Ray's two agents, who leave when they have missed it for a minute"
    assert not logged(began)

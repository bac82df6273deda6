"""Processes begin and end with their executor; a fault of ours is raised, never scored."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import CancelledError
from pathlib import Path

import pytest

from evaluators.contract import Score
from evaluators.errors import UsageError
from evaluators.execution.executor import Job
from evaluators.execution.local import LocalExecutor
from evaluators.execution.slot_client import SlotError
from evaluators.registry import ProblemSpec
from tests.executors import report_of
from tests.problems import GUESS
from tests.processes import processes_below

LAST = "def guess(last): return last\n"
SLEEPER = "def guess(last):\n    while True: pass\n"
FAULTY = Path(__file__).with_name("faulty_problem.py")


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until_gone(pids: set[int]) -> set[int]:
    """Those that are left after at most ten seconds."""
    for _ in range(200):
        pids = {p for p in pids if is_alive(p)}
        if not pids:
            break
        time.sleep(0.05)
    return pids


def test_close_leaves_no_process_and_cancels_what_is_unfinished():
    before = processes_below(os.getpid())
    executor = LocalExecutor(GUESS, slots=2)
    started = processes_below(os.getpid()) - before
    assert len(started) >= 4  # two slots, two zygotes
    jobs = [executor.submit(Job(SLEEPER, "search")) for _ in range(6)]
    time.sleep(0.2)
    executor.close()
    assert not {p for p in started if is_alive(p)}
    for job in jobs:
        with pytest.raises(CancelledError):
            job.result(timeout=0)


@pytest.mark.parametrize("victim", ["slot", "zygote"])
def test_what_is_killed_is_replaced_and_its_job_played_again(victim):
    before = processes_below(os.getpid())
    executor = LocalExecutor(GUESS, slots=1)
    try:
        first = report_of(executor, LAST)
        running = processes_below(os.getpid()) - before
        job = executor.submit(Job(SLEEPER, "tiny"))
        time.sleep(0.1)
        slot, *_, zygote = sorted(running)  # bubblewrap's own process lies between them
        os.kill(slot if victim == "slot" else zygote, signal.SIGKILL)
        outcome = job.result(timeout=60).outcome
        assert {f.kind for f in outcome.failures.values()} == {"time"}
        assert report_of(executor, LAST).traces == first.traces
        assert not wait_until_gone(running)
    finally:
        executor.close()


ENGINE = f"""
import sys, time
from evaluators.execution.executor import Job
from evaluators.execution.local import LocalExecutor
from evaluators.registry import ProblemSpec
executor = LocalExecutor(ProblemSpec({GUESS.name!r}), slots=2)
executor.submit(Job({SLEEPER!r}, "search"))
print("ready", flush=True)
time.sleep(60)
"""


def test_everything_dies_with_a_killed_engine():
    engine = subprocess.Popen([sys.executable, "-c", ENGINE], stdout=subprocess.PIPE)
    assert engine.stdout.readline() == b"ready\n"
    time.sleep(0.1)
    below = processes_below(engine.pid)
    assert len(below) >= 4
    engine.kill()
    engine.wait()
    assert not wait_until_gone(below)


@pytest.fixture(scope="module")
def faulty():
    executor = LocalExecutor(ProblemSpec(str(FAULTY)), slots=1)
    yield executor
    executor.close()


def test_an_error_in_problem_code_is_raised_with_its_traceback(faulty):
    with pytest.raises(SlotError, match="ZeroDivisionError") as raised:
        report_of(faulty, "def choose(): return 0")
    assert "faulty_problem.py" in str(raised.value)
    assert isinstance(report_of(faulty, "def choose(): return 1").outcome, Score)


def test_a_measurement_that_is_not_finite_is_our_fault(faulty):
    with pytest.raises(SlotError, match="measured"):
        report_of(faulty, "def choose(): return 2")


def test_what_problem_code_prints_does_not_disturb(faulty):
    assert isinstance(report_of(faulty, "def choose(): return 3").outcome, Score)


def test_a_problem_that_does_not_exist_is_a_usage_error():
    with pytest.raises(UsageError, match="no problem file"):
        LocalExecutor(ProblemSpec("nowhere.py"), slots=1)


def test_an_evaluator_sees_no_key_of_the_users(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "canary-key")
    before = processes_below(os.getpid())
    executor = LocalExecutor(GUESS, slots=1)
    try:
        started = processes_below(os.getpid()) - before
        assert len(started) >= 2
        for pid in started:
            with contextlib.suppress(PermissionError):  # closed even to their own user
                assert b"canary-key" not in Path(f"/proc/{pid}/environ").read_bytes()
    finally:
        executor.close()


def test_without_a_sandbox_every_report_says_so():
    executor = LocalExecutor(GUESS, slots=1, unsafe_no_sandbox=True)
    try:
        report = report_of(executor, LAST)
        assert report.sandbox.level == executor.sandbox.level == "none"
        assert not report.outcome.failures
    finally:
        executor.close()

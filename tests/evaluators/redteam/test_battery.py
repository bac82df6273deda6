"""The battery sees what gets through, says so, and goes on."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from evaluators.contract import Deadlines
from evaluators.errors import UsageError
from evaluators.execution.executor import Job
from evaluators.execution.local import LocalExecutor
from evaluators.redteam.attack import Attack
from evaluators.redteam.battery import Battery
from evaluators.redteam.catalogue import channel_attacks
from evaluators.redteam.effects import written
from evaluators.redteam.scene import marked
from evaluators.redteam.stage import SHORT, Stage, shortened
from evaluators.redteam.wrapping import at_call
from evaluators.registry import ProblemSpec
from tests.problems import GUESS, GuessProblem

SEEN = {  # what resource limits and another user alone do not prevent
    "read a planted file": "a secret came back in a failure's text",
    "write a file": "it wrote note",
    "send by UDP": "listeners",
    "socket by number": "Through: socket",
}


@pytest.fixture(scope="module")
def naked():
    with Battery(GUESS, unsafe_no_sandbox=True) as battery:
        yield battery


@pytest.fixture(scope="module")
def sealed():
    with Battery(GUESS) as battery:
        yield battery


@pytest.fixture(scope="module")
def attacks():
    return {a.name: a for a in channel_attacks(GuessProblem())}


@pytest.mark.parametrize("name", SEEN)
def test_without_a_sandbox_effects_are_seen(naked, attacks, name):
    finding = naked.play(attacks[name])
    assert not finding.is_contained
    assert any(SEEN[name] in text for text in finding.seen)


def acting(act):
    """An attack whose effect is there, whatever the policy may do: its author acts himself."""

    def payload(target):
        act(target.outside)
        return target.honest.source

    return Attack("acting", "test", "channel", payload, written)


def leave_a_process(outside):
    source = f"import ctypes, time; ctypes.CDLL(None).prctl(15, b'{outside.mark}'); time.sleep(60)"
    LEFT.append(subprocess.Popen([sys.executable, "-S", "-c", source]))
    while not marked(outside.mark):
        time.sleep(0.01)


LEFT = []
ACTS = {
    "a bystander": lambda outside: os.kill(outside.bystander_pid, signal.SIGKILL),
    "the evaluator": lambda outside: os.kill(outside.evaluator_pid, signal.SIGKILL),
    "it left the processes": leave_a_process,
    "it wrote": lambda outside: Path(outside.open_folder, "note").touch(),
    "listeners": lambda outside: socket.create_connection(("127.0.0.1", outside.port)).close(),
}


@pytest.mark.parametrize("effect", ACTS)
def test_each_effect_is_seen_once(sealed, effect):
    finding = sealed.play(acting(ACTS[effect]))
    for process in LEFT:
        process.kill()
        process.wait()
    assert any(effect in text for text in finding.seen)
    assert sealed.play(acting(lambda outside: None)).seen == ()


def test_an_evaluator_that_does_not_answer_is_replaced():
    stage = Stage(lambda limits: LocalExecutor(GUESS, 1, deadlines=limits), GuessProblem.deadlines)
    try:
        first = stage.evaluator_pid
        job = Job(GuessProblem().baselines()["last"].source, "tiny")
        assert "no answer" in stage.play(job, 0.0)
        assert stage.evaluator_pid != first
        assert stage.play(job, 60.0).traces
    finally:
        stage.close()


def test_deadlines_are_shortened_and_never_lengthened():
    assert shortened(Deadlines(memory_mb=64)) == Deadlines(
        SHORT.load_s, SHORT.call_s, SHORT.episode_s, memory_mb=64
    )
    short = Deadlines(0.1, 0.1, 0.1)
    assert shortened(short) == short


SLOW = """
from evaluators.contract import Deadlines, Policy
from tests.problems.guess import GuessProblem

class Slow(GuessProblem):
    deadlines = Deadlines(call_s={call_s})

    def baselines(self):
        slow = "def guess(last):\\n    return last + 0 * sum(range(3 * 10**7))"
        return {{"last": Policy("last", slow)}}
"""


def slow_problem(folder, call_s):
    path = folder / "slow.py"
    path.write_text(SLOW.format(call_s=call_s))
    return ProblemSpec(str(path), {"steps": "1"})


def test_a_slow_honest_policy_keeps_the_problems_deadlines(tmp_path):
    with Battery(slow_problem(tmp_path, 30.0)) as battery:
        harmless = Attack("harmless", "test", "channel", at_call("return ''"), written)
        assert battery.play(harmless).is_contained


def test_an_honest_policy_that_fails_is_the_users_fault(tmp_path):
    with pytest.raises(UsageError, match="last fails"), Battery(slow_problem(tmp_path, 0.01)):
        pass

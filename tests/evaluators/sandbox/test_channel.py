"""What a child writes into the reply is compared, bounded and copied before it counts."""

from __future__ import annotations

import os
import select
import signal
from dataclasses import replace

import numpy as np
import pytest

from evaluators.contract import Deadlines, Score
from evaluators.sandbox import channel, ladder
from evaluators.sandbox.channel import Call, Child, Death, readable
from evaluators.sandbox.launcher import Exit, Rules
from evaluators.sandbox.wire import SignatureLayout
from tests.executors import report_of
from tests.problems import GuessProblem

REACH = """
import random
os = random._os
gc, struct = (os.sys.modules[name] for name in ("gc", "struct"))
server = next(o for o in gc.get_objects() if type(o).__name__ == "Server")

def guess(last):
    struct.pack_into("<QQ", server._reply, 0, server._sequence - 1, {index})
    {then}
"""


@pytest.mark.parametrize("index", [2, 1 << 20, (1 << 64) - 1])
@pytest.mark.parametrize(
    ("then", "kind"), [("os._exit(0)", "crash"), ("while True: pass", "time")], ids=["exit", "loop"]
)
def test_a_forged_index_blames_nobody_that_is_not_there(guess, index, then, kind):
    outcome = report_of(guess, REACH.format(index=index, then=then)).outcome
    assert isinstance(outcome, Score)
    assert {f.kind for f in outcome.failures.values()} == {kind}
    assert len(outcome.failures) == 2


def test_a_childs_text_moves_no_cursor():
    assert readable(b"a\x1b[2Jb\nc\xff") == "a\ufffd[2Jb\nc\ufffd"


FLIPPING = """
def guess(last):
    at = 0
    while True:
        at = 1 - at
        struct.pack_into("<QQ", server._reply, 0, server._sequence - 1, at)
"""


def test_an_index_that_flips_for_ever_meets_the_limit_of_all(guess):
    """Each flip begins the limit of a decision anew; the limit of the trip it does not."""
    source = REACH.partition("def guess")[0] + FLIPPING
    outcome = report_of(guess, source).outcome
    assert {f.kind for f in outcome.failures.values()} == {"time"}
    assert all("all decisions together" in f.message for f in outcome.failures.values())


BUSY = b"""
import random
process_time = random._os.sys.modules["time"].process_time

def guess(last):
    end = process_time() + {cpu_s}
    while process_time() < end: pass
    return last
"""
PATIENT = Deadlines(load_s=60.0, call_s=60.0, episode_s=60.0, memory_mb=128)


class Talk:
    """Calls to a child of a zygote without namespaces."""

    def __init__(self) -> None:
        problem = GuessProblem()
        self.rules = Rules.of(problem)
        layers = ladder.choose_layers(unsafe_no_sandbox=False, without=["namespaces"])
        self.zygote, _ = ladder.start(self.rules, layers)
        self.layout = SignatureLayout(self.rules.signature)
        sizes = self.layout.start_sizes()
        self.given = self.layout.given.encode({"steps": 20, "seed": 1}, sizes)
        seen = {"step": 1, "last": 0.5, "window": {"value": np.zeros(8)}}
        self.observation = self.layout.observation.encode(seen, sizes)

    def child(self, cpu_s, deadlines):
        source = BUSY.replace(b"{cpu_s}", str(cpu_s).encode())
        return Child(self.zygote, self.layout, source, 1, deadlines)

    def call(self, begins):
        return [Call(0, self.given if begins else b"", self.observation)]


@pytest.fixture
def talk():
    talk = Talk()
    yield talk
    talk.zygote.close()


def test_decisions_too_short_for_the_watchdog_add_up(talk, monkeypatch):
    """A trip that is over within a tick is not looked at; all of them together are.

    The tick is so long that no trip outlasts it on a busy machine either.
    """
    monkeypatch.setattr(channel, "TICK_MS", 500)
    deadlines = replace(PATIENT, episode_s=0.05)
    with talk.child(cpu_s=0.001, deadlines=deadlines) as child:
        assert child.load() is None
        for trip in range(3000):
            answer = child.trip(talk.call(begins=trip == 0))
            if isinstance(answer, Death):
                break
    assert isinstance(answer, Death)
    assert "all decisions together" in answer.failure.message


def test_a_busy_child_dies_with_its_zygote(talk):
    with talk.child(cpu_s=1e9, deadlines=PATIENT) as child:
        assert child.load() is None
        child._sequence += 1
        child._send(talk.call(begins=True))
        ended = select.poll()
        ended.register(child._pidfd, select.POLLIN)
        assert not ended.poll(200)
        os.kill(talk.zygote.pids[-1], signal.SIGKILL)
        assert ended.poll(10_000)
        child._exit = Exit(0, 0.0, 0)  # nobody is left to reap it

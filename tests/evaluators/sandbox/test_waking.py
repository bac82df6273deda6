"""A child that never reads what wakes it cannot hold up the evaluator."""

from __future__ import annotations

import os
import signal

import pytest

from evaluators.sandbox import filter as seccomp
from evaluators.sandbox.channel import Call, Child
from evaluators.sandbox.launcher import Layers, Rules, Zygote
from evaluators.sandbox.wire import SignatureLayout
from tests.problems import GuessProblem


@pytest.fixture
def child():
    problem = GuessProblem()
    zygote = Zygote(Rules.of(problem), Layers(seccomp.shipped()))
    source = problem.baselines()["half"].source.encode()
    layout = SignatureLayout(zygote.rules.signature)
    with Child(zygote, layout, source, 1, problem.deadlines) as started:
        assert started.load() is None
        yield started
    zygote.close()


def fill(pipe_fd):
    while True:
        os.write(pipe_fd, bytes(4096))


def test_a_trip_over_a_full_pipe_comes_back(child):
    signal.pidfd_send_signal(child._pidfd, signal.SIGSTOP)  # else it may end before that is full
    with pytest.raises(BlockingIOError):
        fill(child._files.wake_fd)
    assert child.trip([Call(0, b"", b"")])

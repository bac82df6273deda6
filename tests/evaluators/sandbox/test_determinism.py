"""What a policy can draw, hash or take for an address is the same in every zygote."""

from __future__ import annotations

import platform
import subprocess

import pytest

from evaluators.execution.local import LocalExecutor
from tests.executors import report_of
from tests.problems import GUESS

DRAWN = {
    "entropy": "int.from_bytes(os.urandom(4), 'little')",
    "entropy of the system's generator": "random.SystemRandom().getrandbits(32)",
    "a generator without a seed": "int(np.random.default_rng().integers(1 << 32))",
    "the hash of a text": "hash('text')",
    "the order of a set": "hash(''.join({'one', 'two', 'three', 'four', 'five'}))",
    "an address": "id(object())",
}
SOURCE = """
import random
import numpy as np
os = random._os

def guess():
    return ({drawn}) % 1_000_003 / 1_000_003
"""


@pytest.fixture(scope="module")
def another():
    executor = LocalExecutor(GUESS, slots=1)
    yield executor
    executor.close()


def may_have_fixed_addresses():
    words = ["setarch", platform.machine(), "-R", "true"]
    return subprocess.run(words, check=False, capture_output=True).returncode == 0


@pytest.mark.parametrize("name", DRAWN)
def test_another_zygote_gives_the_same(guess, another, name):
    if name == "an address" and not may_have_fixed_addresses():
        assert "address randomisation cannot be switched off here" in guess.sandbox.note
        pytest.skip(guess.sandbox.note)
    source = SOURCE.format(drawn=DRAWN[name])
    report = report_of(guess, source)
    assert len(report.traces) == 2
    assert report_of(another, source).traces == report.traces


def test_entropy_belongs_to_the_episode(guess):
    report = report_of(guess, SOURCE.format(drawn=DRAWN["entropy"]))
    assert len(set(report.traces.values())) == len(report.traces)

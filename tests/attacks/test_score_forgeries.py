"""What the evaluator makes of forged bytes, lying numbers, patched libraries and hidden work."""

from __future__ import annotations

import pytest

from tests.executors import report_of
from tests.problems import GuessProblem

HONEST = GuessProblem().baselines()["last"].source
PRELUDE = """
import random
import numpy as np
os = random._os
sys = os.sys
gc = sys.modules["gc"]
mmap = sys.modules["mmap"]
struct = sys.modules["struct"]
server = next(o for o in gc.get_objects() if type(o).__name__ == "Server")
reply = server._reply
"""


@pytest.fixture(scope="module")
def honest(guess):
    return report_of(guess, HONEST, "search")


@pytest.fixture(autouse=True)
def _next_honest_policy_is_unchanged(guess, honest):
    yield
    assert report_of(guess, HONEST, "search").traces == honest.traces


FORGED_CONTENTS = {
    "not a number": "struct.pack('<d', float('nan'))",
    "infinity": "struct.pack('<d', float('inf'))",
    "beyond the range": "struct.pack('<d', 1e300)",
    "too short": "b'123'",
    "nothing": "b''",
    "another signature": "b'\\xff' * 2000",
}


@pytest.mark.parametrize("name", FORGED_CONTENTS)
def test_forged_bytes_are_an_invalid_action(guess, name):
    source = f"""{PRELUDE}
def guess(last):
    server._answer = lambda *a: {FORGED_CONTENTS[name]}
    return last
"""
    outcome = report_of(guess, source).outcome
    assert {f.kind for f in outcome.failures.values()} <= {"invalid action"}
    assert (name == "another signature") or len(outcome.failures) == 2


EVIL = """
class Evil(float):
    def __eq__(self, other): return True
    def __lt__(self, other): return False
    def __gt__(self, other): return False
    def __reduce__(self): return (print, ("unpickled",))
    def __float__(self): return 0.5
    def __del__(self): raise RuntimeError

def guess(last):
    return Evil(0.25)
"""


def test_a_number_that_lies_about_itself_is_what_its_bytes_say(guess):
    fair = "def guess(last):\n    return 0.5\n"
    assert report_of(guess, EVIL).traces == report_of(guess, fair).traces


def test_a_patched_library_stays_with_its_policy(guess, honest):
    vandal = """
import math
import random
import numpy as np
np.mean = np.sum = np.abs = np.diff = math.fabs = random.random = lambda *a, **k: 0.0
def guess(last):
    return last
"""
    report = report_of(guess, vandal, "search")
    assert report.traces == honest.traces
    assert report.outcome.values["error"] == honest.outcome.values["error"]


def test_computing_between_trips_is_charged(guess):
    """An answer given early does not hide what is computed after it."""
    early = f"""{PRELUDE}
def late_worker():
    write = server._done
    def done(served):
        write(served)
        sum(range(20000))
    return done
server_patched = []
def guess(last):
    if not server_patched:
        server_patched.append(1)
        server._done = late_worker()
    return last
"""
    ratios = report_of(guess, early, "search").outcome.values["cpu"]
    assert all(r > 1.5 for r in ratios.values())


def test_writing_into_what_it_is_shown_changes_only_its_copy(sums):
    writer = """
def assign(weight, previous):
    answer = previous.copy()
    weight[:] = 1.0
    previous[:] = 0
    return answer
"""
    plain = "def assign(previous):\n    return previous\n"
    assert report_of(sums, writer).outcome == report_of(sums, plain).outcome

"""Forgeries of the answer, the clock, the library, and memory between workloads and candidates."""

from __future__ import annotations

import pytest

from evaluators.contract import Policy, Score
from evaluators.playing import play
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


FORGED_REPLIES = {
    "a wrong sequence number": "server._sequence += 1; return last",
    "a status that does not exist": (
        "server._write = lambda *a: struct.pack_into('<QQ', reply, 16, 99, 8); return last"
    ),
    "a giant length": (
        "server._write = lambda *a: struct.pack_into('<QQ', reply, 16, 0, 1 << 62); return last"
    ),
    "an answer before its question": "os.write(server._done_fd, b'!!!!'); return last",
    "other words": "os.write(server._done_fd, b'x'); return last",
}


@pytest.mark.parametrize("name", FORGED_REPLIES)
def test_a_forged_reply_is_a_policy_violation(guess, name):
    source = f"{PRELUDE}\ndef guess(last):\n    {FORGED_REPLIES[name]}\n"
    outcome = report_of(guess, source, "search").outcome
    assert isinstance(outcome, Score)
    assert "policy violation" in {f.kind for f in outcome.failures.values()}


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


def test_a_flood_of_output_changes_nothing(guess, honest):
    noisy = "def guess(last):\n    print('x' * 100_000)\n    return last\n"
    assert report_of(guess, noisy, "search").traces == honest.traces


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


def test_a_patched_clock_does_not_make_a_policy_fast(guess):
    slow = """
import random
time = random._os.sys.modules["time"]
time.perf_counter = time.process_time = time.monotonic = time.time = lambda: 0.0
def guess(last):
    sum(range(20000))
    return last
"""
    ratios = report_of(guess, slow, "search").outcome.values["cpu"]
    assert all(r > 2.0 for r in ratios.values())


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


HOARDER = """
import random
sys = random._os.sys
kept = sys.modules.setdefault("kept", type(sys)("kept"))
def guess(last):
    seen = getattr(kept, "seen", 0)
    kept.seen = seen + 1
    return min(1.0, seen / 10_000)
"""


def test_nothing_is_kept_from_one_candidate_to_the_next(guess):
    assert report_of(guess, HOARDER).traces == report_of(guess, HOARDER).traces


def test_what_is_kept_from_one_workload_to_the_next_is_found(guess):
    first = report_of(guess, HOARDER)
    second = report_of(guess, HOARDER, purpose="confirm", expected_traces=first.traces)
    assert {f.kind for f in second.outcome.failures.values()} == {"shares state between episodes"}


CLAIRVOYANT = """
import random
import numpy as np
sys = random._os.sys

def visible(value):
    if isinstance(value, np.ndarray):
        yield value
    elif type(value).__name__ == "generator" and value.gi_frame is not None:
        for inner in list(value.gi_frame.f_locals.values()):
            yield from visible(inner)

def guess(step, last):
    frame = sys._getframe()
    objects = list(sys.modules["gc"].get_objects())
    while frame is not None:
        objects += frame.f_locals.values()
        frame = frame.f_back
    for value in objects:
        for array in visible(value):
            if array.shape == (21,) and array[step] == last:
                return float(array[step + 1])
    return last
"""


def test_the_future_is_not_in_the_childs_memory(guess, honest):
    problem = GuessProblem()
    in_process, _ = play(problem, problem.workloads("tiny")[0], Policy("seer", CLAIRVOYANT))
    assert in_process.values["error"] < 1e-9, "no positive control"
    assert report_of(guess, CLAIRVOYANT, "search").traces == honest.traces


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

"""What a child writes into the reply is compared, bounded and copied before it counts."""

from __future__ import annotations

import pytest

from evaluators.contract import Score
from evaluators.execution.local import LocalExecutor
from evaluators.registry import ProblemSpec
from evaluators.sandbox.channel import readable
from tests.executors import report_of
from tests.problems import GUESS

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


SHORT = """
import random
process_time = random._os.sys.modules["time"].process_time

def guess(last):
    end = process_time() + 0.004
    while process_time() < end: pass
    return last
"""


def test_decisions_too_short_for_the_watchdog_add_up():
    """A trip that is over within a tick is not looked at; all of them together are."""
    executor = LocalExecutor(ProblemSpec(GUESS.name, {"steps": "400"}), slots=1)
    try:
        outcome = report_of(executor, SHORT).outcome
    finally:
        executor.close()
    assert {f.kind for f in outcome.failures.values()} == {"time"}
    assert all("all decisions together" in f.message for f in outcome.failures.values())

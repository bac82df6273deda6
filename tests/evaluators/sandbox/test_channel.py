"""What a child writes into the reply is compared, bounded and copied before it counts."""

from __future__ import annotations

import pytest

from evaluators.contract import Score
from evaluators.sandbox.channel import readable
from tests.executors import report_of

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

"""Attacks on time, memory and patience."""

from __future__ import annotations

from evaluators.redteam.attack import Attack, Payload, Probe, confessed
from evaluators.redteam.effects import commanded, flooded, grown, killed, overran
from evaluators.redteam.wrapping import at_call, at_load, on_answer

FOREVER = "while True: pass"
SLEEP = "time.sleep(1e6)"
RESTLESS = """
while True:
    try:
        while True:
            time.sleep(0.001)
    except BaseException:
        pass
"""
FALSE_PROGRESS = """
served = 0
while True:
    served = 1 - served
    try:
        struct.pack_into("<Q", server()._reply, 8, served)
    except StopIteration:
        pass
"""
UNINTERRUPTIBLE = "return 7 ** (10 ** 9)"
BACKTRACKING = "return load('re').match('(a*)*b', 'a' * 40)"
ALLOCATE = """
kept = []
for _ in range(outside.memory_mb // 16 + 16):
    kept.append({chunk})
return f"allocated {{16 * len(kept)}} MB"
"""
NESTED = """
nested = []
for _ in range(200_000):
    nested = [nested]
sys.setrecursionlimit(2 ** 30)
return len(repr(nested))
"""
PARSER_BOMB = """
sys.setrecursionlimit(2 ** 30)
return len(str(compile("a" + ".a" * 300_000, "bomb", "eval")))
"""
BIG_ANSWER = "return numpy.ones(1 << 18)"
LONG_ERROR = "raise RuntimeError('x' * (20 << 20))"
TERMINAL = "raise RuntimeError('\\x1b]0;owned\\x07\\x1b[2J')"
FLOOD = """
for _ in range(64):
    os.write({fd}, bytes(1 << 20))
"""
LIBRARY_FLOOD = """
for _ in range(64):
    print("x" * (1 << 20), flush=True)
"""


def attacks() -> list[Attack]:
    """All of this file."""
    return [
        _attack("loop while loading", at_load(FOREVER), overran),
        _attack("loop in a decision", at_call(FOREVER), overran),
        _attack("loop that nothing interrupts", at_call(RESTLESS), overran),
        _attack("loop that pretends to get on", at_call(FALSE_PROGRESS), overran),
        _attack("sleep while loading", at_load(SLEEP), overran),
        _attack("sleep in a decision", at_call(SLEEP), overran),
        _attack("one operation without end", at_call(UNINTERRUPTIBLE), overran),
        _attack("regular expression without end", at_call(BACKTRACKING), overran),
        _attack("memory by bytes", at_call(_allocate("bytearray(16 << 20)")), confessed),
        _attack("memory by numpy", at_call(_allocate("numpy.ones(2 << 20)")), confessed),
        _attack("memory by mapping", at_call(_allocate("mmap.mmap(-1, 16 << 20)")), confessed),
        _attack("recursion bomb", at_call(NESTED), killed),
        _attack("parser bomb", at_load(PARSER_BOMB), killed),
        _attack("answers of megabytes", on_answer(BIG_ANSWER), grown),
        _attack("error text of 20 MB", on_answer(LONG_ERROR), flooded),
        _attack("error text that commands a terminal", on_answer(TERMINAL), commanded),
        _attack("flood of standard output", at_call(FLOOD.format(fd=1)), killed),
        _attack("flood of standard error", at_call(FLOOD.format(fd=2)), overran),
        _attack("flood by print", at_call(LIBRARY_FLOOD), killed),
    ]


def _attack(name: str, payload: Payload, probe: Probe) -> Attack:
    return Attack(name, "resources", "channel", payload, probe)


def _allocate(chunk: str) -> str:
    return ALLOCATE.format(chunk=chunk)

"""Sample policies of both kinds for one signature, and what a proposer is asked with."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from archive.entry import Entry, Proposal
from archive.normal_form import normal_digest
from evaluators.contract import Objective, Policy, Score
from evaluators.signature import Array, Category, Permutation, Record, Scalar, Signature
from evolve.proposers.proposer import Context
from evolve.streams import stream

SIGNATURE = Signature(
    "decide",
    given=(Scalar("servers", "int64", low=1), Scalar("rate", "float64")),
    observation=(
        Array("load", "float64", ("windows", "servers")),
        Record(
            "waiting",
            (
                Array("prompt_tokens", "int64", ("requests",)),
                Array("wait_s", "float64", ("requests",)),
                Array("server", "int64", ("requests",), index_of="servers"),
            ),
        ),
        Scalar("free_tokens", "int64"),
        Category("event", ("arrival", "finish")),
    ),
    action=(
        Permutation("order", "requests"),
        Scalar("admit", "int64", low=0, high=64),
        Scalar("is_urgent", "bool"),
    ),
    maxima={"windows": 16, "servers": 8, "requests": 32},
)

ORDERED = '''"""Longest wait first, by a key that also sees the load."""
import numpy as np

WAIT_WEIGHT = 0.7


def answer(order, admit=4, is_urgent=False):
    return {"order": order, "admit": admit, "is_urgent": is_urgent}


def decide(load, waiting, free_tokens):
    """Plain function."""
    level = load.mean(axis=0)  # a comment
    key = WAIT_WEIGHT * waiting.wait_s - 0.3 * waiting.prompt_tokens
    key = key - 2.5 * level[waiting.server]
    if free_tokens > 512 and len(key) > 4:
        key = np.maximum(key, 0.1)
    return answer(np.argsort(-key, kind="stable"), is_urgent=bool(key.max() > 3.0))
'''
HELPED = """
import math

import numpy as np


def answer(order, admit=4, is_urgent=False):
    return {"order": order, "admit": admit, "is_urgent": is_urgent}


def pressure(level, limit=0.8):
    over = np.where(level > limit, level - limit, 0.0)
    return over.sum() / max(len(level), 1)


def decide(waiting, load, servers, **others):
    recent = load[-1]
    total = 0
    for i in range(len(waiting.wait_s)):
        if waiting.wait_s[i] >= 1.5 or i == 0:
            total += 1
    admit = min(12, 8 * pressure(recent))
    order_all = total > 2
    order = np.lexsort((waiting.prompt_tokens, -waiting.wait_s))
    order = order if order_all else np.sort(order)
    return answer(order, admit=math.ceil(admit), is_urgent=bool(np.any(recent > 0.9)))
"""
STATEFUL = """
import numpy as np

DECAY = 0.6


class Smoothed:
    def __init__(self, servers):
        self.level = np.zeros(servers)
        self.calls = 0

    def update(self, row):
        self.level = DECAY * self.level + (1.0 - DECAY) * row
        self.calls += 1

    def decide(self, load, waiting):
        self.update(load[-1])
        cost = waiting.prompt_tokens * 0.01 + self.level[waiting.server]
        admit = sum(1 for w in waiting.wait_s if w > 0.5)
        return {"order": np.argsort(cost), "admit": admit, "is_urgent": self.level.max() > 0.95}
"""
PLAIN_CLASS = """
class Plain:
    def decide(self, waiting, event):
        order = sorted(range(len(waiting.wait_s)), key=lambda i: -waiting.wait_s[i])
        urgent = event == "arrival"
        while len(order) > 30:
            order = order[:-1]
        return {"order": order, "admit": len(order) // 2, "is_urgent": urgent}
"""
BARE = """
def decide(waiting):
    return {"order": list(range(len(waiting.wait_s))), "admit": 1, "is_urgent": True}
"""
POLICIES = {
    "ordered": ORDERED,
    "helped": HELPED,
    "stateful": STATEFUL,
    "plain_class": PLAIN_CLASS,
    "bare": BARE,
}
OBJECTIVES = (
    Objective("error", "", "lower", "exact", reference=10.0, worst=100.0, resolution=1e-9),
    Objective("speed", "", "higher", "exact", reference=0.0, worst=-100.0, resolution=1e-9),
)


def entry(number: int, source: str, values: dict[str, float] | None = None, **changes) -> Entry:
    """A committed entry on the front; without values, a failed one."""
    proposal = Proposal(
        number, source, Policy("", source).digest, normal_digest(source), (), "test", "test"
    )
    known = {"search": values} if values is not None else {}
    decision = "front" if values is not None else "failed"
    return Entry(number, proposal, Score({}), **{"decision": decision, "values": known, **changes})


def context(
    number: int,
    parents: Sequence[Entry],
    front: Sequence[Entry] = (),
    signature: Signature = SIGNATURE,
    seed: int = 0,
) -> Context:
    """What the engine asks with, with the engine's own streams."""
    return Context(
        number, signature, OBJECTIVES, parents, front or parents, partial(stream, seed, number)
    )


def random_of(*seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)

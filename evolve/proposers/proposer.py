"""Who proposes: one interface for language models, people, syntax operators and tuners."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, Union

import numpy as np

from archive.constraint import Constraint
from archive.entry import Amount, Entry
from evaluators.contract import Objective
from evaluators.signature import Signature

if TYPE_CHECKING:
    from evolve.llm.message import Reply, Request


@dataclass(frozen=True)
class Context:
    """What a proposer may look at: committed state only.

    `parents` are chosen by `evolve.selection` from committed entries, best suited first; there are
    always at least one, and two when the archive has two. `front` is the current search front,
    `committed` everything in order of commit. Both grow later: look at them before the first yield.
    `random(name)` is the named stream of (run seed, proposal number, name): the only randomness.
    """

    number: int
    signature: Signature
    objectives: Sequence[Objective]  # those that the search goes by
    parents: Sequence[Entry]
    front: Sequence[Entry]
    random: Callable[[str], np.random.Generator]
    committed: Sequence[Entry] = ()
    is_stuck: bool = False  # nothing has been gained for long: more of the same will not do
    constraints: Sequence[Constraint] = ()  # satisfied before any objective counts


@dataclass(frozen=True)
class Draft:
    """A proposed source and where it came from."""

    source: str
    parents: tuple[int, ...]
    operator: str  # "swap_operator", "cma", ...
    idea: str = ""  # what its proposer says of it
    is_whole: bool = False  # its proposer goes by its values: it is played on all workloads


@dataclass(frozen=True)
class Rejection:
    """What was answered holds no policy that could be evaluated; says why."""

    reason: str
    parents: tuple[int, ...]
    operator: str
    idea: str = ""


@dataclass(frozen=True)
class NoAnswer:
    """A request that got no reply, however often it was tried."""

    reason: str
    spent: Amount = field(default_factory=Amount)
    """What the attempts may have cost nevertheless."""


Answer = Union["Reply", NoAnswer]
Conversation = Generator["Request", Answer, Draft | Rejection]
"""Yields requests to models and is sent their answers; the engine journals both, and sends what is
journalled again when it replays. Between two requests it may look at nothing else that changes."""


class Proposer(Protocol):
    """`ask` gives one draft, or a conversation that ends in one, or None when this proposer has
    nothing to offer for the context.

    Every ask that gave something gets exactly one `tell`, in the order of commits; a duplicate is
    told the outcome that is already known, under its own number, and a rejection its failure.
    """

    name: str

    def ask(self, context: Context) -> Draft | Conversation | None: ...

    def tell(self, entry: Entry, gain: float) -> None:
        """`gain`: hypervolume added by the entry when it was committed, 0 if none."""
        ...

"""Who proposes: one interface for language models, people, syntax operators and tuners."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from archive.entry import Entry
from evaluators.contract import Objective
from evaluators.signature import Signature


@dataclass(frozen=True)
class Context:
    """What a proposer may look at: committed state only.

    `parents` are chosen by `evolve.selection` from committed entries, best suited first; there are
    always at least one, and two when the archive has two. `front` is the current search front.
    `random(name)` is the named stream of (run seed, proposal number, name): the only randomness.
    """

    number: int
    signature: Signature
    objectives: Sequence[Objective]  # those that the search goes by
    parents: Sequence[Entry]
    front: Sequence[Entry]
    random: Callable[[str], np.random.Generator]


@dataclass(frozen=True)
class Draft:
    """A proposed source and where it came from."""

    source: str
    parents: tuple[int, ...]
    operator: str  # "swap_operator", "cma", ...


class Proposer(Protocol):
    """`ask` gives one draft, or None when this proposer has nothing to offer for the context.

    Every draft gets exactly one `tell`, in the order of commits; a duplicate is told the outcome
    that is already known, under its own number.
    """

    name: str

    def ask(self, context: Context) -> Draft | None: ...

    def tell(self, entry: Entry, gain: float) -> None:
        """`gain`: hypervolume added by the entry when it was committed, 0 if none."""
        ...

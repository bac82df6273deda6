"""Members of the front that hold more of the hypervolume alone have children more often.

Binary tournaments by exclusive contribution, as in the mating selection of HypE (Bader and Zitzler,
Evolutionary Computation 19(1), 2011): no scale has to be chosen, and no member starves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from archive.entry import Entry
from archive.front import contributions
from evaluators.contract import Objective
from evolve.selection.parents import choose_parents, one_of


class ByContribution:
    """Of two members of the front the one with the larger contribution is the parent.

    Args:
        boxed: the objectives that have a limit; without any every tournament is a tie.
        limits: by objective.
    """

    def __init__(self, boxed: Sequence[Objective], limits: Mapping[str, float]) -> None:
        self._boxed = boxed
        self._limits = limits
        self._measured: tuple[int, ...] = ()  # the numbers of the front that was measured last
        self._contribution: dict[int, float] = {}  # by number

    def tell(self, entry: Entry) -> None:
        pass

    def choose(
        self,
        number: int,
        front: Sequence[Entry],
        valid: Sequence[Entry],
        rng: np.random.Generator,
    ) -> list[Entry]:
        self._measure(front)
        return choose_parents(front, valid, rng, self._winner)

    def _measure(self, front: Sequence[Entry]) -> None:
        numbers = tuple(e.number for e in front)
        if numbers != self._measured:
            points = [e.values["search"] for e in front]
            shares = contributions(points, self._boxed, self._limits)
            self._measured = numbers
            self._contribution = dict(zip(numbers, shares, strict=True))

    def _winner(self, entries: Sequence[Entry], rng: np.random.Generator) -> Entry:
        pair = one_of(entries, rng), one_of(entries, rng)
        return max(pair, key=lambda e: self._contribution.get(e.number, 0.0))

"""Several populations side by side, each with a front of its own, that exchange their best.

The island model (Tanese, Distributed Genetic Algorithms for Function Optimization, 1989): what is
good in its own way has time to grow before it meets what is better already.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from archive.entry import Entry
from archive.front import Front
from evolve.selection.parents import choose_parents

ISLANDS = 4
MIGRATE_EVERY = 40  # commits: ten of each island's own

Best = Callable[[Sequence[Entry]], Entry]


class Islands:
    """A ring of islands. The seed policies live on all of them, a child where its parent lives.

    Args:
        make_front: an empty front of an island.
        best_of: which member of a front migrates; of one that is not empty.
    """

    def __init__(
        self,
        make_front: Callable[[], Front],
        best_of: Best,
        count: int = ISLANDS,
        migrate_every: int = MIGRATE_EVERY,
    ) -> None:
        self._islands = [_Island(make_front()) for _ in range(count)]
        self._best_of = best_of
        self._migrate_every = migrate_every
        self._told = 0

    def tell(self, entry: Entry) -> None:
        self._told += 1
        if entry.is_valid:
            for island in self._homes(entry):
                island.add(entry)
        if self._told % self._migrate_every == 0:
            self._migrate()

    def choose(
        self,
        number: int,
        front: Sequence[Entry],
        valid: Sequence[Entry],
        rng: np.random.Generator,
    ) -> list[Entry]:
        island = self._asking(number)
        return choose_parents(island.front.entries, list(island.entries.values()) or valid, rng)

    def _asking(self, number: int) -> _Island:
        return self._islands[number % len(self._islands)]

    def _homes(self, entry: Entry) -> Sequence[_Island]:
        """Where the first parent lives: of several places the one whose turn it was."""
        parents = entry.proposal.parents
        homes = [i for i in self._islands if parents and parents[0] in i.entries]
        asking = self._asking(entry.number)
        if not homes:
            return [asking] if parents else self._islands
        return [asking] if asking in homes else homes[:1]

    def _migrate(self) -> None:
        """Every island's best is known on the next one from now on."""
        best = [self._best_of(i.front.entries) if i.front.entries else None for i in self._islands]
        for i, migrant in enumerate(best):
            if migrant is not None:
                self._islands[(i + 1) % len(self._islands)].add(migrant)


class _Island:
    """Valid entries by number, in the order in which they came, and their front."""

    def __init__(self, front: Front) -> None:
        self.front = front
        self.entries: dict[int, Entry] = {}

    def add(self, entry: Entry) -> None:
        if entry.number not in self.entries:
            self.entries[entry.number] = entry
            self.front.add(entry)

"""A quality-diversity grid: a front for every way to behave.

MAP-Elites (Mouret and Clune, 2015) with a front in each cell instead of one elite, as in
Multi-Objective MAP-Elites (Pierrot et al., GECCO 2022). The axes are the problem's own behaviour
features: two policies that act alike are in one cell, however different their text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from archive.entry import Entry
from archive.front import Front
from evaluators.contract import Feature, Score
from evolve.selection.parents import one_of, with_mate

BINS = 5  # per feature

Cell = tuple[int, ...]


class Grid:
    """The first parent is of any cell that is not empty, the second of the front.

    Args:
        make_front: an empty front of a cell.
        features: the axes, taken from scores on the search split.
    """

    def __init__(
        self, make_front: Callable[[], Front], features: Sequence[Feature], bins: int = BINS
    ) -> None:
        self._make_front = make_front
        self._features = features
        self._bins = bins
        self._cells: dict[Cell, Front] = {}

    def tell(self, entry: Entry) -> None:
        if entry.is_valid and isinstance(entry.outcome, Score):
            cell = self.cell_of(entry.outcome)
            self._cells.setdefault(cell, self._make_front()).add(entry)

    def choose(
        self,
        number: int,
        front: Sequence[Entry],
        valid: Sequence[Entry],
        rng: np.random.Generator,
    ) -> list[Entry]:
        elites = [cell.entries for cell in self._cells.values()]
        chosen = elites[int(rng.integers(len(elites)))] if elites else valid
        return with_mate(one_of(chosen, rng), front, valid, rng)

    def cell_of(self, score: Score) -> Cell:
        """Which bin it is in, feature by feature."""
        shares = (feature.of(score) for feature in self._features)
        return tuple(min(self._bins - 1, max(0, int(s * self._bins))) for s in shares)

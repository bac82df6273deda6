"""Every member of the front has the same chance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from archive.entry import Entry
from evolve.selection.parents import choose_parents


class Uniform:
    """What the front and the list of valid entries say is all there is to know."""

    def tell(self, entry: Entry) -> None:
        pass

    def choose(
        self,
        number: int,
        front: Sequence[Entry],
        valid: Sequence[Entry],
        rng: np.random.Generator,
    ) -> list[Entry]:
        return choose_parents(front, valid, rng)

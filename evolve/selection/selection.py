"""Who chooses parents: one interface for several ways to keep and to draw them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from archive.entry import Entry


class Selection(Protocol):
    """Told of every committed entry, in the order of commits.

    What it chooses is a function of these, of the proposal's number and of its stream: so a
    resumed run and a replay choose the same.
    """

    def tell(self, entry: Entry) -> None: ...

    def choose(
        self,
        number: int,
        front: Sequence[Entry],
        valid: Sequence[Entry],
        rng: np.random.Generator,
    ) -> list[Entry]:
        """The parents of a proposal, the best suited first; two where there are two.

        Args:
            number: the proposal's.
            front: the search front, in order of commit; may be empty.
            valid: every committed entry that may be a parent, in order of commit; not empty.
            rng: the stream of this choice.
        """
        ...

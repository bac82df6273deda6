"""Whether the search stands still."""

from __future__ import annotations


class Stagnation:
    """Counts what was committed since the last gain.

    Args:
        after: so many commits without a gain are a standstill; 0: nothing is.
    """

    def __init__(self, after: int) -> None:
        self._after = after
        self._since = 0

    def tell(self, gains: bool) -> None:
        """One more commit."""
        self._since = 0 if gains else self._since + 1

    @property
    def is_stuck(self) -> bool:
        return 0 < self._after <= self._since

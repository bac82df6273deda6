"""What a search does while its archive is away: it waits, says so, and can be interrupted."""

from __future__ import annotations

from evolve.events import Noticed, Observer
from evolve.interruption import Check

LOOK_S = 0.2  # how often a store that is away is asked for


class Patience:
    """Told again and again why the archive is away; says it when it changes."""

    def __init__(self, check: Check, observer: Observer) -> None:
        self._check = check
        self._observer = observer
        self._said = ""

    def __call__(self, reason: str) -> None:
        """Raises KeyboardInterrupt once Ctrl-C was pressed."""
        self._check()
        if reason != self._said:
            self._said = reason
            self._observer(Noticed(reason))

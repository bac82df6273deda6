"""Time of an episode: the wall's, or one that passes only when somebody says so."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Seconds since it was made."""

    def now_s(self) -> float: ...

    def wait_until(self, at_s: float) -> None:
        """Return when it is at least `at_s`."""
        ...


class WallClock:
    """Real time."""

    def __init__(self) -> None:
        self._zero_s = time.perf_counter()

    def now_s(self) -> float:
        return time.perf_counter() - self._zero_s

    def wait_until(self, at_s: float) -> None:
        while (left_s := at_s - self.now_s()) > 0:
            time.sleep(left_s)


class VirtualClock:
    """Stands still between calls of `wait_until`."""

    def __init__(self) -> None:
        self._now_s = 0.0

    def now_s(self) -> float:
        return self._now_s

    def wait_until(self, at_s: float) -> None:
        self._now_s = max(self._now_s, at_s)

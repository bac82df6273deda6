"""Every source of randomness in the child, fixed per episode by the policy's seed.

Episodes of a trip are served in turns by one process: the global generators of `random` and
`numpy.random` are exchanged when the episode changes, for policies that could use them.
"""

from __future__ import annotations

import hashlib
import os
import random
from typing import Any

import numpy as np


class EntropyStream:
    """Bytes in the place of the system's: SHA-256 in counter mode over a seed."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._count = 0

    def read(self, size: int) -> bytes:
        """The next `size` bytes."""
        data = b""
        while len(data) < size:
            data += hashlib.sha256(f"{self._seed}|{self._count}".encode()).digest()
            self._count += 1
        return data[:size]


class Randomness:
    """The generators of the episode that is being served."""

    def __init__(self, source: str) -> None:
        self._is_used = "random" in source  # an exchange costs more than most decisions
        self._streams: dict[int, EntropyStream] = {}
        self._saved: dict[int, tuple[Any, Any]] = {}
        self._episode = -1
        self.begin(-1, 0)
        os.urandom = self._urandom
        random._urandom = self._urandom  # type: ignore[attr-defined]  # SystemRandom reads it

    def _urandom(self, size: int, /) -> bytes:
        return self._streams[self._episode].read(size)

    def begin(self, episode: int, seed: int) -> None:
        """Start an episode's generators from its seed."""
        self.enter(episode)
        self._streams[episode] = EntropyStream(seed)
        random.seed(seed)
        np.random.seed(seed % 2**32)  # noqa: NPY002  # fixes what a policy may use

    def enter(self, episode: int) -> None:
        """Let an episode that has begun go on where it stopped drawing."""
        if episode == self._episode:
            return
        if self._is_used:
            self._saved[self._episode] = (random.getstate(), np.random.get_state())  # noqa: NPY002
            if episode in self._saved:
                python, legacy = self._saved[episode]
                random.setstate(python)
                np.random.set_state(legacy)  # noqa: NPY002
        self._episode = episode

"""Which blocks of the KV cache a request holds (PagedAttention; Kwon et al., SOSP 2023)."""

from __future__ import annotations

import numpy as np

BLOCK_TOKENS = 16
SCRATCH = 0  # the block that padding is written to; nobody holds it


class BlockTables:
    """Hands out blocks 1 <= b < `blocks` and takes them back."""

    def __init__(self, blocks: int) -> None:
        self._free = list(range(blocks - 1, SCRATCH, -1))
        self._held: dict[int, list[int]] = {}

    @property
    def free(self) -> int:
        """Blocks that nobody holds."""
        return len(self._free)

    def hold(self, request: int, tokens: int) -> None:
        """Let a request hold at least `tokens`. Raises RuntimeError when no block is left."""
        held = self._held.setdefault(request, [])
        missing = -(-tokens // BLOCK_TOKENS) - len(held)
        if missing > len(self._free):
            raise RuntimeError(f"{missing} blocks wanted, {len(self._free)} are free")
        for _ in range(missing):
            held.append(self._free.pop())

    def release(self, request: int) -> None:
        """Take back all blocks of a request; it need not hold any."""
        self._free.extend(self._held.pop(request, ()))

    def release_all(self) -> None:
        for request in list(self._held):
            self.release(request)

    def slots(self, request: int, start: int, stop: int) -> np.ndarray:
        """int64[stop - start]: where the cache has tokens `start` <= i < `stop`."""
        token = np.arange(start, stop)
        held = np.array(self._held[request])
        slots: np.ndarray = held[token // BLOCK_TOKENS] * BLOCK_TOKENS + token % BLOCK_TOKENS
        return slots

    def slot(self, request: int, token: int) -> int:
        """Where the cache has one token."""
        return self._held[request][token // BLOCK_TOKENS] * BLOCK_TOKENS + token % BLOCK_TOKENS

    def table(self, request: int, blocks: int) -> list[int]:
        """The first blocks of a request, `blocks` of them; what it does not hold is SCRATCH."""
        held = self._held[request][:blocks]
        return held + [SCRATCH] * (blocks - len(held))

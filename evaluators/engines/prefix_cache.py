"""Which blocks of past prompts an engine still has: least recently used ones go first.

A block is 512 tokens of a prompt, named by a hash of them and of all before them, as in Mooncake's
traces: equal names are equal prefixes. A prompt's last block may hold fewer tokens.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

BLOCK_TOKENS = 512


class PrefixCache:
    """At most `capacity_blocks` blocks; of one prompt the last block goes first, as in vLLM."""

    __slots__ = ("_blocks", "_capacity")

    def __init__(self, capacity_blocks: float) -> None:
        self._capacity = capacity_blocks
        self._blocks: OrderedDict[int, None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._blocks)

    def matched(self, blocks: Sequence[int]) -> int:
        """How many blocks from the prompt's first on are there."""
        known = self._blocks
        for count, block in enumerate(blocks):
            if block not in known:
                return count
        return len(blocks)

    def keep(self, blocks: Sequence[int]) -> None:
        """The prompt has been computed or used: its blocks are the most recent ones."""
        known = self._blocks
        for block in reversed(blocks):
            known[block] = None
            known.move_to_end(block)
        while len(known) > self._capacity:
            known.popitem(last=False)

    def clear(self) -> None:
        """Lose everything."""
        self._blocks.clear()


def tokens_found(matched_blocks: int, prompt_tokens: int) -> int:
    """Tokens of a prompt that need not be computed; its last token always is (as in vLLM)."""
    return max(0, min(matched_blocks * BLOCK_TOKENS, prompt_tokens - 1))

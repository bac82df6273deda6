"""How much of a trace's prompts repeats what was there before: the figures that are published."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evaluators.engines.prefix_cache import BLOCK_TOKENS, PrefixCache


def first_seen_tokens(
    blocks: Sequence[Sequence[int]], prompt_tokens: Sequence[int] | np.ndarray
) -> np.ndarray:
    """int64[n]: tokens of each prompt in blocks that no earlier prompt has. One always has."""
    seen: set[int] = set()
    fresh = []
    for own, tokens in zip(blocks, prompt_tokens, strict=True):
        known = next((i for i, block in enumerate(own) if block not in seen), len(own))
        fresh.append(max(0, int(tokens) - known * BLOCK_TOKENS))
        seen.update(own)
    return np.array(fresh, dtype=np.int64)


def hit_share(
    blocks: Sequence[Sequence[int]], prompt_tokens: Sequence[int] | np.ndarray, capacity: float
) -> float:
    """Share of the prompt tokens that one cache of so many blocks has, in order of arrival."""
    cache, hits = PrefixCache(capacity), 0
    for own, tokens in zip(blocks, prompt_tokens, strict=True):
        hits += min(cache.matched(own) * BLOCK_TOKENS, int(tokens))
        cache.keep(own)
    return hits / int(np.sum(prompt_tokens))

"""Requests as Mooncake's conversation trace has them: sessions whose prompts grow, drawn.

A session begins with a prompt, and every further turn sends all of it again and some more. All
prompts begin with one system prompt; some sessions begin with a document that others begin with
too. All numbers were measured on the trace (FAST 2025 release, 12,031 requests of one hour): a
request continues the latest earlier one whose blocks it repeats but for the last; what shares no
more than the system prompt is new. The trace tells blocks of 512 tokens and nothing of texts.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from evaluators.engines.prefix_cache import BLOCK_TOKENS

LEVELS = (0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 1)
# Quantiles at LEVELS.
FIRST_TOKENS = (891, 895, 897, 905, 1092, 1757, 3913, 5264, 7418, 10771, 15871, 25559, 38494,
                67126, 89867, 126195)  # fmt: skip
GROWTH_TOKENS = (1, 1, 20, 64, 192, 313, 395, 471, 553, 684, 1290, 4599, 7339, 11877, 16994, 91918)
GAP_S = (1, 18, 27, 39, 57, 75, 96, 123, 162, 225, 318, 474, 606, 971, 1454, 3030)
OUTPUT_TOKENS = (1, 3, 10, 24, 100, 213, 291, 350, 399, 447, 504, 597, 698, 892, 1118, 2000)
DOCUMENT_BLOCKS = (2, 2, 2, 2, 3, 3, 4, 6, 8, 12, 17, 27, 46, 69, 145, 145)
GOES_ON = (0.27, 0.40, 0.52, 0.60, 0.67, 0.70, 0.75, 0.78, 0.80)  # after so many turns, and later
HAS_DOCUMENT = 0.11  # of the sessions; their first one is nobody's repetition
DOCUMENTS_PER_SESSION = 0.02  # how many different ones there are
MOST_TOKENS = 126_195
NEW_SESSIONS = 0.67  # of the requests: of 12,031, those that continue none


@dataclass(frozen=True, slots=True)
class Trace:
    """Requests by arrival: float64[n] s, int64[n] tokens, and the blocks of each prompt."""

    arrival_s: np.ndarray
    prompt_tokens: np.ndarray
    output_tokens: np.ndarray
    blocks: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class _Turn:
    at_s: float
    prompt_tokens: int
    blocks: tuple[int, ...]


def draw_trace(rng: np.random.Generator, requests: int, span_s: float) -> Trace:
    """The first `requests` turns of sessions that begin evenly over about `span_s`."""
    names = itertools.count(1)  # 0 is the system prompt
    sessions = requests * NEW_SESSIONS
    documents = _documents(rng, round(DOCUMENTS_PER_SESSION * sessions) + 1, names)
    gap_s = span_s / sessions
    starts_s = np.cumsum(rng.exponential(gap_s, requests)).tolist()
    turns = [t for s in starts_s for t in _session(rng, s, documents, names)]
    turns = sorted(turns, key=lambda t: t.at_s)[:requests]
    return Trace(
        arrival_s=np.array([t.at_s - turns[0].at_s for t in turns]),
        prompt_tokens=np.array([t.prompt_tokens for t in turns], dtype=np.int64),
        output_tokens=np.array([_drawn(rng, OUTPUT_TOKENS) for _ in turns], dtype=np.int64),
        blocks=tuple(t.blocks for t in turns),
    )


def _drawn(rng: np.random.Generator, quantiles: tuple[int, ...]) -> int:
    """A number with these quantiles, log-linear in between."""
    return round(float(np.exp(np.interp(rng.random(), LEVELS, np.log(quantiles)))))


def _documents(rng: np.random.Generator, count: int, names: Iterator[int]) -> list[tuple[int, ...]]:
    """Beginnings that sessions share, the system prompt included."""
    lengths = [_drawn(rng, DOCUMENT_BLOCKS) for _ in range(count)]
    return [(0, *itertools.islice(names, n - 1)) for n in lengths]


def _session(
    rng: np.random.Generator, at_s: float, documents: list[tuple[int, ...]], names: Iterator[int]
) -> Iterator[_Turn]:
    shared: tuple[int, ...] = (0,)
    tokens = _drawn(rng, FIRST_TOKENS)
    if rng.random() < HAS_DOCUMENT:
        rank = int(len(documents) ** rng.random()) - 1  # Zipf: a few are begun with often
        shared = documents[rank]
        tokens += len(shared) * BLOCK_TOKENS
    for turn in itertools.count():
        if tokens > MOST_TOKENS:
            return
        count = -(-tokens // BLOCK_TOKENS)
        blocks = (*shared[:count], *itertools.islice(names, max(0, count - len(shared))))
        yield _Turn(at_s, tokens, blocks)
        if rng.random() >= GOES_ON[min(turn, len(GOES_ON) - 1)]:
            return
        shared = blocks[: tokens // BLOCK_TOKENS]  # a block that was not full has another name
        tokens += _drawn(rng, GROWTH_TOKENS)
        at_s += _drawn(rng, GAP_S)

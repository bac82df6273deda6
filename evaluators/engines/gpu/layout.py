"""Where everything of an iteration lies: rows of the batch, slots and blocks of the KV cache.

Rows are tokens: decoding requests first, one row each, then the chunks. Decoding requests of like
length attend together, padded to the longest of their group.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from evaluators.engines.gpu.blocks import BLOCK_TOKENS, BlockTables
from evaluators.engines.gpu.iteration import Chunk, Decode, Iteration

SHORT_BLOCKS = 32  # up to so many blocks lengths are alike; from there on within a factor of two


@dataclass(frozen=True, slots=True)
class Group:
    """Decoding requests in rows `first` <= r < `first + size`, `blocks` each in the gathered."""

    first: int
    size: int
    blocks: int


@dataclass(frozen=True, slots=True)
class Span:
    """A chunk: rows `first` <= r < `first + tokens`, after `start` tokens in the cache."""

    first: int
    tokens: int
    start: int

    @property
    def blocks(self) -> int:
        """Blocks of the gathered that hold what it attends to, itself among it."""
        return -(-(self.start + self.tokens) // BLOCK_TOKENS)


@dataclass(frozen=True, slots=True)
class Layout:
    """One iteration. All arrays are int64; n rows, m of which emit."""

    groups: Sequence[Group]
    spans: Sequence[Span]
    tokens: np.ndarray  # [n] what is computed
    positions: np.ndarray  # [n] its number in its request
    slots: np.ndarray  # [n] where its keys and values go
    emitting: np.ndarray  # [m] rows after which the next token is chosen
    emits: Sequence[tuple[int, int]]  # m times: request, number of the token that is chosen
    gathered: np.ndarray  # blocks that are attended to, groups first, then chunks


def layout_of(
    iteration: Iteration, tables: BlockTables, tokens: Mapping[int, array[int]]
) -> Layout:
    """Gives every request the blocks that it needs.

    Args:
        iteration: what is to be computed.
        tables: who holds which blocks.
        tokens: of every request, prompt and emitted ones.
    """
    for request, stop in _reaches(iteration):
        tables.hold(request, stop)
    decodes = sorted(iteration.decodes, key=lambda d: d.kv_tokens)
    groups, gathered = _groups(decodes, tables)
    spans = list(_spans(iteration.chunks, len(decodes)))
    for chunk, span in zip(iteration.chunks, spans, strict=True):
        gathered.extend(tables.table(chunk.request, span.blocks))
    last_rows = [(c, s.first + s.tokens - 1) for c, s in zip(iteration.chunks, spans, strict=True)]
    return Layout(
        groups,
        spans,
        tokens=np.concatenate([
            np.array([tokens[d.request][d.kv_tokens] for d in decodes], dtype=np.int64),
            *(np.array(tokens[c.request][c.start : c.stop]) for c in iteration.chunks),
        ]),
        positions=np.concatenate([
            np.array([d.kv_tokens for d in decodes], dtype=np.int64),
            *(np.arange(c.start, c.stop) for c in iteration.chunks),
        ]),
        slots=np.concatenate([
            np.array([tables.slot(d.request, d.kv_tokens) for d in decodes], dtype=np.int64),
            *(tables.slots(c.request, c.start, c.stop) for c in iteration.chunks),
        ]),
        emitting=np.array(
            [*range(len(decodes)), *(row for c, row in last_rows if c.emits)], dtype=np.int64
        ),
        emits=[
            *((d.request, d.kv_tokens + 1) for d in decodes),
            *((c.request, c.stop) for c in iteration.chunks if c.emits),
        ],
        gathered=np.array(gathered, dtype=np.int64),
    )  # fmt: skip


def _reaches(iteration: Iteration) -> Iterator[tuple[int, int]]:
    for chunk in iteration.chunks:
        yield chunk.request, chunk.stop
    for decode in iteration.decodes:
        yield decode.request, decode.kv_tokens + 1


def _blocks(decode: Decode) -> int:
    return decode.kv_tokens // BLOCK_TOKENS + 1


def _groups(decodes: Sequence[Decode], tables: BlockTables) -> tuple[list[Group], list[int]]:
    """The groups of decoding requests, sorted by length, and the blocks that they attend to."""
    groups: list[Group] = []
    gathered: list[int] = []
    first = 0
    for _, alike in groupby(decodes, lambda d: max(SHORT_BLOCKS, _blocks(d) - 1).bit_length()):
        members = list(alike)
        blocks = _blocks(members[-1])
        for member in members:
            gathered.extend(tables.table(member.request, blocks))
        groups.append(Group(first, len(members), blocks))
        first += len(members)
    return groups, gathered


def _spans(chunks: Sequence[Chunk], first: int) -> Iterator[Span]:
    for chunk in chunks:
        tokens = chunk.stop - chunk.start
        yield Span(first, tokens, chunk.start)
        first += tokens

"""Parents from committed state: mostly from the front, sometimes from anything valid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from archive.entry import Entry

# Shares of the first parent's source. The front is where improvement is likeliest; the newest of
# it keep a line of descent going; anything valid keeps what the front has lost reachable.
FROM_FRONT, FROM_NEWEST = 0.65, 0.2
NEWEST = 5


def choose_parents(
    front: Sequence[Entry], valid: Sequence[Entry], rng: np.random.Generator
) -> list[Entry]:
    """The first parent, and a different second one where there is any.

    Args:
        front: the committed search front, in order of commit; may be empty.
        valid: every committed entry that may be a parent, in order of commit; not empty.
        rng: the stream of this proposal's choice.
    """
    pool = list(front) or list(valid)
    draw = rng.random()
    if draw < FROM_FRONT:
        first = _one_of(pool, rng)
    elif draw < FROM_FRONT + FROM_NEWEST:
        first = _one_of(pool[-NEWEST:], rng)
    else:
        first = _one_of(valid, rng)
    others = [e for e in pool if e.number != first.number] or [
        e for e in valid if e.number != first.number
    ]
    return [first, _one_of(others, rng)] if others else [first]


def _one_of(entries: Sequence[Entry], rng: np.random.Generator) -> Entry:
    return entries[int(rng.integers(len(entries)))]

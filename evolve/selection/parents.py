"""Parents from a front and what stands beside it: mostly the front, sometimes the rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from archive.entry import Entry

# Shares of the first parent's source. The front is where improvement is likeliest; the newest of
# it keep a line of descent going; anything valid keeps what the front has lost reachable.
FROM_FRONT, FROM_NEWEST = 0.65, 0.2
NEWEST = 5

Pick = Callable[[Sequence[Entry], np.random.Generator], Entry]


def one_of(entries: Sequence[Entry], rng: np.random.Generator) -> Entry:
    """Any of them, each with the same chance."""
    return entries[int(rng.integers(len(entries)))]


def choose_parents(
    front: Sequence[Entry],
    valid: Sequence[Entry],
    rng: np.random.Generator,
    from_front: Pick = one_of,
) -> list[Entry]:
    """The first parent, and a different second one where there is any.

    Args:
        front: non-dominated entries, in order of commit; may be empty.
        valid: every entry that may be a parent, in order of commit; not empty.
        rng: the stream of this proposal's choice.
        from_front: how the first parent is taken from the front.
    """
    pool = list(front) or list(valid)
    draw = rng.random()
    if draw < FROM_FRONT:
        first = from_front(pool, rng)
    elif draw < FROM_FRONT + FROM_NEWEST:
        first = one_of(pool[-NEWEST:], rng)
    else:
        first = one_of(valid, rng)
    return with_mate(first, pool, valid, rng)


def with_mate(
    first: Entry, pool: Sequence[Entry], valid: Sequence[Entry], rng: np.random.Generator
) -> list[Entry]:
    """The first parent and another one: of the pool, or else of anything valid."""
    others = [e for e in pool if e.number != first.number] or [
        e for e in valid if e.number != first.number
    ]
    return [first, one_of(others, rng)] if others else [first]

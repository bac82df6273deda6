"""Named random streams: every random number of a run comes from (run seed, proposal, name)."""

from __future__ import annotations

import hashlib

import numpy as np


def stream_name(number: int, name: str) -> str:
    """How the journal names a stream."""
    return f"{number}/{name}"


def stream(seed: int, number: int, name: str) -> np.random.Generator:
    """The generator of one name at one proposal; independent of every other."""
    digest = hashlib.sha256(f"{seed}|{stream_name(number, name)}".encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "little")))

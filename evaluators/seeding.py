"""Random numbers by name: what is drawn for one name depends on no other."""

from __future__ import annotations

import hashlib

import numpy as np


def seeded(*names: str) -> np.random.Generator:
    """A generator of its own for these names, the same in every process; empty ones do not count,
    so that no salt is no name.
    """
    text = "|".join(filter(None, names))
    digest = hashlib.sha256(text.encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "little"))

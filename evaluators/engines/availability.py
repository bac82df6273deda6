"""When machines that come and go are there: generated, in ticks.

Two kinds of process. In an alternating renewal process machines are there for a drawn time, then
gone for a drawn time; both times are mixtures of a short and a long geometric distribution, so that
they vary more than one of them would (recorded ones do). In a Markov-modulated process such regimes
take turns.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Duration:
    """Ticks: geometric of mean `short`, or of mean `long` in `long_share` of the cases."""

    short: float
    long: float
    long_share: float

    def draw(self, rng: np.random.Generator) -> int:
        """At least one tick."""
        mean = self.long if rng.random() < self.long_share else self.short
        return int(rng.geometric(1 / mean))


@dataclass(frozen=True, slots=True)
class Regime:
    """How long machines are there, and how long they are gone."""

    there: Duration
    gone: Duration


@dataclass(frozen=True, slots=True)
class Process:
    """Regimes that take turns after geometric times of mean `regime_ticks`; 0: there is but one.

    A process starts where machines have just come: its first `warm_up_ticks` are dropped.
    """

    name: str
    regimes: tuple[Regime, ...]
    regime_ticks: int = 0
    warm_up_ticks: int = 288

    def draw(self, rng: np.random.Generator, ticks: int) -> np.ndarray:
        """bool[ticks]: whether machines are there."""
        total = self.warm_up_ticks + ticks
        drawn = np.zeros(0, dtype=bool)
        while drawn.size < total:
            for regime in self.regimes:
                length = int(rng.geometric(1 / self.regime_ticks)) if self.regime_ticks else total
                drawn = np.concatenate([drawn, _renewal(rng, regime, length)])
        return drawn[self.warm_up_ticks : total]


def seeded(*names: str) -> np.random.Generator:
    """A generator that depends on the names alone.

    Not `evaluators.seeding.seeded`: eight bytes, and empty names count. The availability that
    `spot_scheduling` has drawn from the start hangs on it.
    """
    digest = hashlib.sha256("|".join(names).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "little"))


def _renewal(rng: np.random.Generator, regime: Regime, ticks: int) -> np.ndarray:
    pieces, drawn = list[np.ndarray](), 0
    for is_there, duration in _turns(regime):
        length = duration.draw(rng)
        pieces.append(np.full(length, is_there))
        drawn += length
        if drawn >= ticks:
            break
    return np.concatenate(pieces)[:ticks]


def _turns(regime: Regime) -> Iterator[tuple[bool, Duration]]:
    while True:
        yield True, regime.there
        yield False, regime.gone

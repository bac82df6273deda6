"""When spot machines are there: generated, from fixed seeds.

Two kinds of process, in ticks of 600 s. In an alternating renewal process machines are there for a
drawn time, then gone for a drawn time; both times are mixtures of a short and a long geometric
distribution, so that they vary more than one of them would (recorded ones do). In a
Markov-modulated process two such regimes take turns.

`steady` and `scarce` have mean and coefficient of variation of the two series that the published
scenarios never use (us-west-2a_k80_1: there 95 % of the time, for 39 ticks at a time, gone for 2;
us-west-2b_v100_8: there 34 %, for 3.5 and 6.8). The others are fitted to nothing: `middling` has
the geometric means of the two, `lulls` the outages of `scarce` four times as long after what
`middling` has between them, and `tidal` turns from steady to lulls and back about every day.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

WARM_UP_TICKS = 288  # two days, dropped: a process starts where machines have just come


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
    """How long spot machines are there, and how long they are gone."""

    there: Duration
    gone: Duration


@dataclass(frozen=True, slots=True)
class Process:
    """Regimes that take turns after geometric times of mean `regime_ticks`; 0: there is but one."""

    name: str
    regimes: tuple[Regime, ...]
    regime_ticks: int = 0

    def draw(self, rng: np.random.Generator, ticks: int) -> np.ndarray:
        """bool[ticks]: whether spot machines are there."""
        total = WARM_UP_TICKS + ticks
        drawn = np.zeros(0, dtype=bool)
        while drawn.size < total:
            for regime in self.regimes:
                length = int(rng.geometric(1 / self.regime_ticks)) if self.regime_ticks else total
                drawn = np.concatenate([drawn, _renewal(rng, regime, length)])
        return drawn[WARM_UP_TICKS:total]


STEADY = Regime(there=Duration(20, 95, 0.25), gone=Duration(1.5, 5, 0.15))
SCARCE = Regime(there=Duration(2, 8, 0.25), gone=Duration(3, 45, 0.09))
MIDDLING = Regime(there=Duration(6, 28, 0.25), gone=Duration(2, 20, 0.1))
LULLS = Regime(there=MIDDLING.there, gone=Duration(12, 180, 0.09))
PROCESSES = (
    Process("steady", (STEADY,)),
    Process("middling", (MIDDLING,)),
    Process("scarce", (SCARCE,)),
    Process("lulls", (LULLS,)),
    Process("tidal", (STEADY, LULLS), regime_ticks=144),
)

# Short enough spells for jobs of a few ticks.
TINY = Process("tiny", (Regime(there=Duration(2, 6, 0.3), gone=Duration(2, 8, 0.3)),))


def seeded(*names: str) -> np.random.Generator:
    """A generator that depends on the names alone."""
    digest = hashlib.sha256("|".join(("spot_scheduling", *names)).encode()).digest()
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

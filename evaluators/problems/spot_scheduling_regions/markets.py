"""Zones that are generated: when spot machines are there, and what they cost, in ticks of 195 s.

Four kinds of zone, with mean and standard deviation of how long spot is there and gone as in the
public recording from 16 to 23 February 2023, all of it before the first sealed date (README.md has
the figures): `RARE` as us-east-1a, `SCARCE` as us-east-1c and 1d, `EVEN` as us-east-1f, 2a and 2b,
`AMPLE` as the three of us-west-2. Prices are drawn from the range that the zones of a kind had in
those days, and change as often and as much as they did.

Zones of a region are alike: each is now like a series that the region has in common, now on its
own. Two such zones correlate at about 0.3 where they were at 0.2 to 0.66 (us-west-2: at 0).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evaluators.engines.availability import Duration, Process, Regime
from evaluators.problems.spot_scheduling_regions.scenario import ON_DEMAND_USD_PER_H

WARM_UP_TICKS = 443  # a day
RARE = Regime(there=Duration(4, 25, 0.17), gone=Duration(20, 140, 0.3))
SCARCE = Regime(there=Duration(9, 60, 0.2), gone=Duration(20, 60, 0.28))
EVEN = Regime(there=Duration(30, 110, 0.28), gone=Duration(54, 54, 0))
AMPLE = Regime(there=Duration(60, 300, 0.3), gone=Duration(10, 30, 0.4))
KINDS = (RARE, SCARCE, EVEN, AMPLE)
USD_PER_H = ((1.5, 1.85), (1.12, 1.25), (0.918, 1.25), (0.918, 0.918))  # of the kinds
LEAST_USD_PER_H = 0.918  # 30 % of on-demand: no recorded price is lower
PRICE_CHANGES = 1 / 110  # per tick: ten in 60 hours
PRICE_STEP = 0.008  # standard deviation of the logarithm
OTHER_KIND = (-1, 0, 0, 1)  # a zone's kind beside its region's
IN_COMMON = Regime(there=Duration(80, 80, 0), gone=Duration(60, 60, 0))

TINY = Regime(there=Duration(4, 9, 0.3), gone=Duration(3, 8, 0.4))


def draw_market(
    rng: np.random.Generator, region: Sequence[int], ticks: int
) -> tuple[np.ndarray, np.ndarray]:
    """bool[zones, ticks] and float64[zones, ticks], USD per hour: zones of the regions given.

    More ticks leave the first ones as they are.
    """
    regions = sorted(set(region))
    kind = {r: int(rng.integers(len(KINDS))) for r in regions}
    shared = {
        r: _availability(own, KINDS[kind[r]], ticks)
        for r, own in zip(regions, rng.spawn(len(regions)), strict=True)
    }
    there, prices = [], []
    for r in region:
        of_zone = int(np.clip(kind[r] + rng.choice(OTHER_KIND), 0, len(KINDS) - 1))
        for_alone, for_common, for_price = rng.spawn(3)
        alone = _availability(for_alone, KINDS[of_zone], ticks)
        there.append(np.where(_availability(for_common, IN_COMMON, ticks), shared[r], alone))
        prices.append(_prices(for_price, USD_PER_H[of_zone], ticks))
    return np.array(there), np.array(prices)


def draw_tiny_market(
    rng: np.random.Generator, zones: int, ticks: int
) -> tuple[np.ndarray, np.ndarray]:
    """The same with spells and price changes that are short enough for jobs of a few ticks."""
    there = [_availability(rng, TINY, ticks) for _ in range(zones)]
    return np.array(there), rng.uniform(LEAST_USD_PER_H, 1.5, (zones, ticks)).round(4)


def _availability(rng: np.random.Generator, regime: Regime, ticks: int) -> np.ndarray:
    return Process("zone", (regime,), warm_up_ticks=WARM_UP_TICKS).draw(rng, ticks)


def _prices(rng: np.random.Generator, of_kind: tuple[float, float], ticks: int) -> np.ndarray:
    """Steps up and down from a first price, in whole hundredths of a cent."""
    first_usd_per_h = rng.uniform(*of_kind)
    when, how = rng.spawn(2)
    steps = np.where(when.random(ticks) < PRICE_CHANGES, how.normal(0, PRICE_STEP, ticks), 0.0)
    path = first_usd_per_h * np.exp(np.cumsum(steps))
    prices: np.ndarray = np.clip(path, LEAST_USD_PER_H, ON_DEMAND_USD_PER_H).round(4)
    return prices

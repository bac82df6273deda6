"""Reads the published archive of nine zones that were recorded together; README.md has its layout.

Everything wrong with a file is a UsageError that names the file, the member and what was expected.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import numpy as np

from evaluators.errors import UsageError
from evaluators.problems.spot_scheduling_regions.scenario import ON_DEMAND_USD_PER_H, TICK_S
from evaluators.tarballs import matching_members

ZONES = (
    "us-east-1a", "us-east-1c", "us-east-1d", "us-east-1f", "us-east-2a", "us-east-2b",
    "us-west-2a", "us-west-2b", "us-west-2c",
)  # fmt: skip
LEAST_TICKS = 1089  # 59 hours, the longest deadline that can be set
EPOCH = datetime(1970, 1, 1)
MEMBER = re.compile(r"(?:^|/)([a-z0-9-]+)_v100_1/(\d+)\.json$")
EXPECTED = "expected a tar.gz with converted_multi_region_aligned/ZONE_v100_1/N.json"
RECORD = (
    'expected {"metadata": {"gap_seconds": 195, "start_time": "2023-03-30T13:38:47"},'
    ' "data": [0, 1, ...], "prices": [1.5521, ...]}'
)


@dataclass(frozen=True, slots=True)
class Series:
    """One zone of a trace; `start_s` counts from 1970 on the recording's own clock."""

    start_s: int
    has_spot: np.ndarray  # bool[ticks], read only
    usd_per_h: np.ndarray  # float64[ticks], read only


@dataclass(frozen=True, slots=True)
class Trace:
    """All zones over the same stretch of time."""

    zones: Mapping[str, Series]

    @property
    def start_s(self) -> int:
        """Of the first tick."""
        return self.zones[ZONES[0]].start_s

    @property
    def stop_s(self) -> int:
        """After the last tick."""
        return self.start_s + TICK_S * max(len(s.has_spot) for s in self.zones.values())


@cache
def read_traces(path: str) -> Mapping[int, Trace]:
    """The traces by number, read once per process. Raises UsageError."""
    found: dict[int, dict[str, Series]] = {}
    for match, name, content in matching_members(path, MEMBER, EXPECTED):
        zone, number = match[1], int(match[2])
        if zone in ZONES:
            found.setdefault(number, {})[zone] = _series(f"{path}, {name}", content)
    return {n: _aligned(f"{path}, traces {n}.json", zones) for n, zones in sorted(found.items())}


def _aligned(where: str, zones: Mapping[str, Series]) -> Trace:
    missing = [zone for zone in ZONES if zone not in zones]
    if missing:
        raise UsageError(f"{where}: none of {missing[0]}", f"expected one of each of {ZONES}")
    for zone in ZONES:
        if zones[zone].start_s != zones[ZONES[0]].start_s:
            raise UsageError(
                f"{where}: {zone} starts at another time than {ZONES[0]}",
                "expected zones that are aligned: the same start_time in all files of a number",
            )
    return Trace(zones)


def _series(where: str, content: bytes) -> Series:
    try:
        record = json.loads(content)
        tick_s, start = (record["metadata"][key] for key in ("gap_seconds", "start_time"))
        start_s = int((datetime.fromisoformat(start) - EPOCH).total_seconds())
        preempted, prices = record["data"], record["prices"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UsageError(f"{where}: {type(error).__name__}: {error}", RECORD) from error
    if tick_s != TICK_S:
        raise UsageError(f"{where}: gap_seconds is {tick_s!r}", f"expected {TICK_S}")
    if not isinstance(preempted, list) or any(value not in (0, 1) for value in preempted):
        raise UsageError(f"{where}: data is no list of 0 and 1", "expected 1 where spot is gone")
    if len(preempted) < LEAST_TICKS:
        raise UsageError(f"{where}: {len(preempted)} ticks", f"expected at least {LEAST_TICKS}")
    if not isinstance(prices, list) or not all(_is_price(value) for value in prices):
        raise UsageError(
            f"{where}: prices is no list of prices",
            f"expected USD per hour, above 0 and at most {ON_DEMAND_USD_PER_H}",
        )
    if len(prices) != len(preempted):
        raise UsageError(
            f"{where}: {len(prices)} prices", f"expected {len(preempted)}, one for each of data"
        )
    return Series(
        start_s, _read_only(np.array(preempted) == 0), _read_only(np.array(prices, float))
    )


def _is_price(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and math.isfinite(value) and 0 < value <= ON_DEMAND_USD_PER_H


def _read_only(array: np.ndarray) -> np.ndarray:
    array.setflags(write=False)
    return array

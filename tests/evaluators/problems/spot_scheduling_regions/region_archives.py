"""Small archives in the published layout: fewer dates, all zones."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import numpy as np

from evaluators.problems.spot_scheduling_regions.recordings import EPOCH, LEAST_TICKS, ZONES

FOLDER = "converted_multi_region_aligned"
# Trace 0 to 7 are sealed; 8 and 9 are open, 10 is too near to trace 0, 11 overlaps 8.
START_H = (200, 300, 400, 500, 600, 700, 800, 900, 0, 100, 135, 30)
Change = Callable[[str, int, dict[str, object]], object]


def record_of(zone: str, number: int) -> dict[str, object]:
    """A trace that is drawn from zone and number."""
    rng = np.random.default_rng([ZONES.index(zone), number])
    start = EPOCH + timedelta(days=19_400, hours=START_H[number])
    return {
        "metadata": {"gap_seconds": 195, "start_time": start.isoformat()},
        "data": (np.cumsum(rng.random(LEAST_TICKS) < 0.05) % 2).tolist(),
        "prices": rng.uniform(0.9, 1.8, LEAST_TICKS).round(4).tolist(),
    }


def contents(change: Change = lambda zone, number, record: record) -> dict[str, bytes]:
    """The archive's files; `change` may replace a record."""
    files = {
        f"{FOLDER}/{zone}_v100_1/{number}.json": json.dumps(
            change(zone, number, record_of(zone, number))
        ).encode()
        for zone in ZONES
        for number in range(len(START_H))
    }
    # as another system's archiver leaves them beside the files
    return {
        f"{FOLDER}/._us-east-1a_v100_1": b"x",
        f"{FOLDER}/us-east-1a_v100_1/._0.json": b"x",
    } | files

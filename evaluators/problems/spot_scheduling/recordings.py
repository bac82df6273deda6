"""Reads the published archive of single-region spot availability; README.md has its layout.

Everything wrong with a file is a UsageError that names the file, the member and what was expected.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np

from evaluators.errors import UsageError
from evaluators.problems.spot_scheduling.scenario import TICK_S
from evaluators.tarballs import matching_members

SEALED_SERIES = (
    "us-west-2a_k80_8",
    "us-west-2b_k80_1",
    "us-west-2b_k80_8",
    "us-west-2a_v100_1",
    "us-west-2a_v100_8",
    "us-west-2b_v100_1",
)  # of the published scenarios, in their order
OPEN_SERIES = ("us-west-2a_k80_1", "us-west-2b_v100_8")  # in none of them
SERIES = (*SEALED_SERIES, *OPEN_SERIES)
WINDOWS = 300  # of every series
LEAST_TICKS = 420  # 70 hours, the longest deadline of the published scenarios
# The folders of the other restart times hold the same windows.
MEMBER = re.compile(
    r"(?:^|/)ddl=search\+task=48\+overhead=0\.02/real/([^/]+)/traces/random_start/(\d+)\.json$"
)
EXPECTED = (
    "expected a tar.gz with ddl=search+task=48+overhead=0.02/real/SERIES/traces/random_start/N.json"
)


@dataclass(frozen=True, slots=True)
class Window:
    """Ticks `start` <= t < start + len(has_spot) of a series' recording."""

    start: int
    has_spot: np.ndarray  # bool[ticks], read only


Windows = Mapping[int, Window]  # by the number in the file's name


@cache
def read_windows(path: str) -> Mapping[str, Windows]:
    """The windows of every series, read once per process. Raises UsageError."""
    found: dict[str, dict[int, Window]] = {series: {} for series in SERIES}
    for match, name, content in matching_members(path, MEMBER, EXPECTED):
        series, number = match[1], int(match[2])
        if series in found:
            found[series][number] = _window(f"{path}, {name}", content)
        if all(len(windows) == WINDOWS for windows in found.values()):
            break
    for series, windows in found.items():
        if not windows:
            raise UsageError(f"{path} has no window of {series}", EXPECTED)
    return found


def recording(path: str, series: str) -> Window:
    """All that a series' windows cover. Raises UsageError where they leave a gap or differ."""
    windows = sorted(read_windows(path)[series].values(), key=lambda w: w.start)
    first = windows[0].start
    known = np.full(max(w.start + len(w.has_spot) for w in windows) - first, -1)
    for w in windows:
        ticks = slice(w.start - first, w.start - first + len(w.has_spot))
        differs = (known[ticks] >= 0) & (known[ticks] != w.has_spot)
        if differs.any():
            tick = w.start + int(np.flatnonzero(differs)[0])
            raise UsageError(
                f"{path}: windows of {series} differ at tick {tick} of its recording",
                "expected windows of one recording; start_time is a window's first tick",
            )
        known[ticks] = w.has_spot
    if (known < 0).any():
        tick = first + int(np.flatnonzero(known < 0)[0])
        raise UsageError(
            f"{path}: no window of {series} covers tick {tick} of its recording",
            "expected windows that overlap",
        )
    return Window(first, _read_only(known.astype(bool)))


def evenly_spaced(windows: Windows, count: int) -> list[int]:
    """The numbers of `count` windows as the public evaluator takes them, by file name."""
    names = sorted(windows, key=lambda number: f"{number}.json")
    if len(names) <= count:
        return names
    places = [round(i * (len(names) - 1) / (count - 1)) for i in range(count)]
    assert all(a < b for a, b in pairwise(places))
    return [names[place] for place in places]


def _window(where: str, content: bytes) -> Window:
    try:
        record = json.loads(content)
        start, tick_s = (record["metadata"][key] for key in ("start_time", "gap_seconds"))
        preempted: Any = record["data"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UsageError(
            f"{where}: {type(error).__name__}: {error}",
            'expected {"metadata": {"start_time": TICK, "gap_seconds": 600}, "data": [0, 1, ...]}',
        ) from error
    if tick_s != TICK_S or not isinstance(start, int) or start < 0:
        raise UsageError(
            f"{where}: start_time is {start!r} and gap_seconds {tick_s!r}",
            f"expected a tick of the series' recording, and {TICK_S}",
        )
    if not isinstance(preempted, list) or any(value not in (0, 1) for value in preempted):
        raise UsageError(f"{where}: data is no list of 0 and 1", "expected 1 where spot is gone")
    if len(preempted) < LEAST_TICKS:
        raise UsageError(f"{where}: {len(preempted)} ticks", f"expected at least {LEAST_TICKS}")
    return Window(start, _read_only(np.array(preempted) == 0))


def _read_only(array: np.ndarray) -> np.ndarray:
    array.setflags(write=False)
    return array

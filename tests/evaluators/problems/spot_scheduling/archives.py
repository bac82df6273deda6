"""Small archives in the published layout."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from evaluators.problems.spot_scheduling.recordings import SERIES

FOLDER = "real/ddl=search+task=48+overhead=0.02/real"
TICKS = 554  # of a window
STARTS = (0, 300, 600, 900, 1200)
Change = Callable[[str, int, dict[str, object]], object]


def record_of(series: str, start: int) -> dict[str, object]:
    """A window of a recording that is drawn from the series' name."""
    rng = np.random.default_rng(SERIES.index(series))
    preempted = (np.cumsum(rng.random(STARTS[-1] + TICKS) < 0.1) % 2).astype(int)
    metadata = {"gap_seconds": 600, "start_time": start}
    return {"metadata": metadata, "data": preempted[start : start + TICKS].tolist()}


def contents(change: Change = lambda series, number, record: record) -> dict[str, bytes]:
    """The archive's files; `change` may replace a record."""
    return {
        f"{FOLDER}/{series}/traces/random_start/{number}.json": json.dumps(
            change(series, number, record_of(series, start))
        ).encode()
        for series in SERIES
        for number, start in enumerate(STARTS)
    }


def write(path: Path, files: Mapping[str, bytes]) -> str:
    """Write a tar.gz; its path."""
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return str(path)

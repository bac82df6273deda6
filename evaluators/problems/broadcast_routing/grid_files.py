"""A measured grid: $/GB and Gbit/s between regions, from two CSV files as published.

`cost.csv` has the columns src, dest and cost; `throughput.csv` src_region, dst_region and
throughput_sent (bit/s) among others. Either may be compressed (`.csv.gz`).
"""

from __future__ import annotations

import csv
import gzip
import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evaluators.errors import UsageError

BITS_PER_GBIT = 1e9
EXPECTED = "expected a folder with profiles/cost.csv, profiles/throughput.csv and config/*.json"


@dataclass(frozen=True, slots=True)
class MeasuredGrid:
    """Regions in the order in which throughput.csv names them; throughput is that of one VM."""

    regions: tuple[str, ...]  # provider:name
    price: np.ndarray  # float64[regions, regions], $/GB, 0 on the diagonal
    throughput: np.ndarray  # float64[regions, regions], Gbit/s, 0 on the diagonal


@dataclass(frozen=True, slots=True)
class _Column:
    """The columns of one file, and what its numbers may be."""

    file: str
    source: str
    destination: str
    value: str
    is_positive: bool


_COST = _Column("cost.csv", "src", "dest", "cost", is_positive=False)
_THROUGHPUT = _Column(
    "throughput.csv", "src_region", "dst_region", "throughput_sent", is_positive=True
)
_Links = dict[tuple[str, str], float]


def read_grid(folder: Path) -> MeasuredGrid:
    """The grid in a folder's profiles/. Raises UsageError naming file, line and what is wrong."""
    carried, cost = (_read_links(folder / "profiles", c) for c in (_THROUGHPUT, _COST))
    regions = tuple(dict.fromkeys(region for link in carried for region in link))
    throughput = _matrix(carried, regions, folder / "profiles" / _THROUGHPUT.file)
    price = _matrix(cost, regions, folder / "profiles" / _COST.file)
    return MeasuredGrid(regions, price, throughput / BITS_PER_GBIT)


def _read_links(folder: Path, column: _Column) -> _Links:
    path = _found(folder, column.file)
    links: _Links = {}
    for line, row in _rows(path, column):
        link = row[column.source], row[column.destination]
        if link in links:
            raise UsageError(f"{path}:{line}: {' -> '.join(link)} has a row already", "keep one")
        value = _number(path, line, row[column.value], column)
        if link[0] != link[1]:
            links[link] = value
    return links


def _found(folder: Path, name: str) -> Path:
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            return path
    raise UsageError(f"no {folder / name} or {name}.gz", EXPECTED)


def _rows(path: Path, column: _Column) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and row, by column name."""
    wanted = (column.source, column.destination, column.value)
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            missing = [c for c in wanted if c not in (reader.fieldnames or [])]
            if missing:
                raise UsageError(
                    f"{path}:1: no column {missing[0]!r}", f"expected columns {', '.join(wanted)}"
                )
            for row in reader:
                if any(not row[c] for c in wanted):
                    hint = f"expected values for {', '.join(wanted)}"
                    raise UsageError(f"{path}:{reader.line_num}: an incomplete row", hint)
                yield reader.line_num, row
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"cannot read {path}: {error}", EXPECTED) from error


def _number(path: Path, line: int, text: str, column: _Column) -> float:
    expected = "a finite number " + ("above 0" if column.is_positive else "of at least 0")
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    is_good = math.isfinite(value) and (value > 0 or (value == 0 and not column.is_positive))
    if not is_good:
        raise UsageError(f"{path}:{line}: {column.value} is {text!r}", f"expected {expected}")
    return value


def _matrix(links: _Links, regions: tuple[str, ...], path: Path) -> np.ndarray:
    """Values from row to column. Raises UsageError where a link is missing or unknown."""
    index = {region: i for i, region in enumerate(regions)}
    for link in links:
        unknown = [region for region in link if region not in index]
        if unknown:
            raise UsageError(f"{path}: region {unknown[0]!r} is not in throughput.csv", EXPECTED)
    values = np.zeros((len(regions), len(regions)))
    for i, source in enumerate(regions):
        for j, destination in enumerate(regions):
            if i != j and (source, destination) not in links:
                raise UsageError(
                    f"{path}: no row for {source} -> {destination}",
                    "expected one for every ordered pair of regions",
                )
            values[i, j] = links.get((source, destination), 0.0)
    return values

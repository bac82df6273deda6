"""A user's table: a CSV file, plain or compressed, cut into blocks of rows.

Blocks are disjoint and in the order of the file: the first are search, then selection, then sealed.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from evaluators.contract import Span, Split, Workload
from evaluators.errors import UsageError
from evaluators.file_splits import in_splits
from evaluators.problems.prefix_reordering.parameters import LEAST_ROWS, PrefixParameters
from evaluators.problems.prefix_reordering.table import table_of_cells
from evaluators.problems.prefix_reordering.workloads import make_workload

CUTS: Mapping[Split, tuple[float, float]] = {
    "search": (0.0, 0.4),
    "selection": (0.4, 0.7),
    "sealed": (0.7, 1.0),
}
LEAST_BLOCKS = 5
ENOUGH_BLOCKS = 26  # for an interval on every split
MOST_FIELDS = 64
MOST_CELL_CHARS = 20_000
MOST_FILE_CHARS = 200_000_000
EXPECTED = "expected UTF-8 CSV, also .csv.gz: a line of field names, then as many values a line"
Rows = list[list[str]]


def file_workloads(path: str, parameters: PrefixParameters) -> Mapping[Split, tuple[Workload, ...]]:
    """Blocks of `block_rows` rows: 40 % search, 30 % selection, 30 % sealed. A rest is left out.

    Raises:
        UsageError: the file cannot be read, a line is no row, there are too few rows, or two blocks
            are the same.
    """
    rows, size = read_rows(path), parameters.block_rows
    count = len(rows) // size
    if count < LEAST_BLOCKS:
        raise UsageError(
            f"{path} has {len(rows)} rows, expected at least {LEAST_BLOCKS} blocks of {size}",
            _hint(len(rows)),
        )
    blocks = [_block(path, rows, i * size, (i + 1) * size, parameters) for i in range(count)]
    return in_splits(path, blocks, "block", CUTS)


def _hint(num_rows: int) -> str:
    size = max(LEAST_ROWS, num_rows // ENOUGH_BLOCKS)
    if num_rows // size < LEAST_BLOCKS:
        return f"a table takes at least {LEAST_BLOCKS * LEAST_ROWS} rows: three splits to fill"
    return f"--param block_rows={size} makes {num_rows // size} blocks"


def whole_table(path: str, parameters: PrefixParameters | None = None) -> Workload:
    """All rows of a file as one workload, in no split: what published figures are of."""
    rows = read_rows(path)
    return _block(path, rows, 0, len(rows), parameters or PrefixParameters())


def read_rows(path: str) -> Rows:
    """The rows of a file without its line of names, at least one. Raises UsageError."""
    reader = csv.reader(io.StringIO(_text(path), newline=""), strict=True)
    try:
        names = next(reader, [])
        if not 2 <= len(names) <= MOST_FIELDS:
            raise UsageError(f"{path}:1: {len(names)} fields", f"expected 2 to {MOST_FIELDS}")
        rows = list(_checked(path, reader, names))
    except csv.Error as error:
        raise UsageError(f"{path}:{reader.line_num}: {error}", EXPECTED) from error
    if not rows:
        raise UsageError(f"{path} has no rows", EXPECTED)
    return rows


def _checked(path: str, reader: Iterator[list[str]], names: list[str]) -> Iterator[list[str]]:
    for row in reader:
        where = f"{path}:{reader.line_num}"  # type: ignore[attr-defined]
        if len(row) != len(names):
            raise UsageError(f"{where}: {len(row)} values", f"expected {len(names)}, as in line 1")
        if max(map(len, row)) > MOST_CELL_CHARS:
            name = names[max(range(len(row)), key=lambda field: len(row[field]))]
            raise UsageError(
                f"{where}: {name} is longer than {MOST_CELL_CHARS} characters", "shorten it"
            )
        yield row


def _text(path: str) -> str:
    try:
        with Path(path).open("rb") as file:
            is_compressed = file.read(2) == b"\x1f\x8b"
        with gzip.open(path) if is_compressed else Path(path).open("rb") as file:
            data = file.read(MOST_FILE_CHARS + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UsageError(f"{path} is no whole gzip file: {error}", EXPECTED) from error
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}", EXPECTED) from error
    if len(data) > MOST_FILE_CHARS:
        raise UsageError(f"{path} has more than {MOST_FILE_CHARS} bytes", "take some of its rows")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{path}:{line}: no UTF-8 text", EXPECTED) from error


def _block(path: str, rows: Rows, start: int, stop: int, p: PrefixParameters) -> Workload:
    table = table_of_cells(rows[start:stop])
    if not table.num_chars:
        raise UsageError(f"{path}: rows {start + 1} to {stop} are all empty", "take them out")
    spans = (Span(Path(path).name, start, stop),)
    name = f"file-{start + 1}-{stop}"
    return make_workload(name, "file", table, p.in_flight, p.cache_rows, spans)

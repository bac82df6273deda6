"""Reads CSV files with a line of names; everything wrong is a UsageError with file and line."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from evaluators.errors import UsageError
from evaluators.text_files import read_text

Record = Mapping[str, str]


def records(path: str, columns: Sequence[str]) -> Iterator[tuple[int, Record]]:
    """Line number and values by column, for every line behind the head.

    Raises:
        UsageError: the file cannot be read, other columns, a line of more or fewer values.
    """
    expected = f"expected CSV lines: {','.join(columns)}"
    text, _ = read_text(Path(path), expected)
    reader = csv.DictReader(io.StringIO(text), skipinitialspace=True)
    try:
        if reader.fieldnames is None or set(reader.fieldnames) != set(columns):
            raise UsageError(f"{path}:1: columns {reader.fieldnames or 'missing'}", expected)
        for record in reader:
            if None in record or None in record.values():
                raise UsageError(f"{path}:{reader.line_num}: not {len(columns)} values", expected)
            yield reader.line_num, record
    except csv.Error as error:
        raise UsageError(f"{path}:{reader.line_num + 1}: {error}", expected) from error


def whole_number(where: str, column: str, text: str, low: int, high: int) -> int:
    """The number that a cell holds, low..high. Raises UsageError that begins with `where`."""
    text = text.strip()
    # isdecimal and the length first: int() takes '1_0', and seconds for a million digits
    value = int(text) if text.isdecimal() and len(text) <= len(str(high)) else -1
    if not low <= value <= high:
        shown = text if len(text) <= 20 else text[:20] + "..."
        raise UsageError(
            f"{where}: {column} is {shown!r}", f"expected a whole number, {low}..{high}"
        )
    return value

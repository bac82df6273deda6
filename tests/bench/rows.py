"""Results, one JSON line each: a file that has a row is asked for the missing ones only."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

Row = dict[str, Any]


def rows_of(path: Path) -> list[Row]:
    """The rows of a file; none when it is not there yet."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [json.loads(line) for line in lines]


def append_row(path: Path, row: Row) -> None:
    """Keep a row, and show it."""
    line = json.dumps(row)
    with path.open("a", encoding="utf-8") as out:
        out.write(line + "\n")
    print(line, flush=True)

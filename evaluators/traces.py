"""Reads recorded requests of LLM services: when each came, how long its prompt and output were.

Two formats, told apart by content, plain or gzipped:
- Azure LLM inference traces, CSV: `TIMESTAMP,ContextTokens,GeneratedTokens`;
- Mooncake (FAST 2025), JSON lines: `timestamp` in ms, `input_length`, `output_length`, and where
  they are, `hash_ids`: one number per 512 tokens of the prompt, equal for equal beginnings.

Everything wrong with a file is a UsageError that names file, line and what was expected.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
import reprlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from evaluators.errors import UsageError, nearest_hint
from evaluators.text_files import read_text, refuse

AZURE_COLUMNS = ("TIMESTAMP", "ContextTokens", "GeneratedTokens")
MOONCAKE_KEYS = ("timestamp", "input_length", "output_length")
MOST_TOKENS = 10_000_000  # more in one request is a damaged file, not a request
FORMATS = (
    f"expected an Azure CSV ({','.join(AZURE_COLUMNS)}) or Mooncake JSON lines "
    f"({', '.join(MOONCAKE_KEYS)})"
)


@dataclass(frozen=True, slots=True)
class RequestTable:
    """Requests sorted by arrival; `arrival_s` counts from the first one.

    `source` is the file's name and the start of its SHA-256: equal sources have equal rows.
    """

    source: str
    arrival_s: np.ndarray  # float64[n]
    prompt_tokens: np.ndarray  # int64[n]
    output_tokens: np.ndarray  # int64[n]
    blocks: tuple[tuple[int, ...], ...] = ()  # of each prompt; empty where the file has none


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    time_s: float
    prompt_tokens: int
    output_tokens: int
    blocks: tuple[int, ...] = ()


def read_requests(path: str | Path) -> RequestTable:
    """The requests of a file. Raises UsageError with file, line and what was expected."""
    path = Path(path)
    text, digest = read_text(path, FORMATS)
    if not text.strip():
        raise UsageError(f"{path}: empty", FORMATS)
    rows = list(_mooncake(path, text) if text.lstrip().startswith("{") else _azure(path, text))
    if not rows:
        raise UsageError(f"{path}: no request", FORMATS)
    _check_sorted(path, rows)
    return RequestTable(
        source=f"{path.name}:{digest[:16]}",
        arrival_s=np.array([r.time_s - rows[0].time_s for r in rows]),
        prompt_tokens=np.array([r.prompt_tokens for r in rows], dtype=np.int64),
        output_tokens=np.array([r.output_tokens for r in rows], dtype=np.int64),
        blocks=tuple(r.blocks for r in rows),
    )


def spread_ticks(rng: np.random.Generator, arrival_s: np.ndarray) -> np.ndarray:
    """Sorted times, spread inside their tick where fewer than half of them are distinct."""
    ticks, tick = np.unique(arrival_s, return_inverse=True)
    if 2 * ticks.size > arrival_s.size or ticks.size < 2:
        return arrival_s
    gaps_s = np.diff(ticks)
    width_s = np.minimum(np.append(gaps_s, np.inf), np.median(gaps_s))
    return np.sort(arrival_s + rng.random(arrival_s.size) * width_s[tick])


def _lines(text: str) -> Iterable[str]:
    return io.StringIO(text, newline="")


def _azure(path: Path, text: str) -> Iterator[_Row]:
    reader = csv.reader(_lines(text), strict=True)
    try:
        header = [name.strip() for name in next(reader)]
        _check_names(path, reader.line_num, "column", AZURE_COLUMNS, header)
        time, prompt, output = map(header.index, AZURE_COLUMNS)
        for cells in reader:
            if cells:
                line = reader.line_num
                if len(cells) != len(header):
                    refuse(path, line, f"{len(cells)} columns", f"{len(header)} as in the header")
                yield _Row(
                    line,
                    _iso_time_s(path, line, cells[time]),
                    _tokens(path, line, AZURE_COLUMNS[1], _int_of(cells[prompt])),
                    _tokens(path, line, AZURE_COLUMNS[2], _int_of(cells[output])),
                )
    except csv.Error as error:
        refuse(path, reader.line_num, f"not CSV: {error}", f"{','.join(AZURE_COLUMNS)}")


def _int_of(cell: str) -> int | str:
    """The cell's number, or the cell itself where it is none."""
    return int(cell) if re.fullmatch(r"\s*[+-]?[0-9]{1,20}\s*", cell) else cell


def _iso_time_s(path: Path, line: int, cell: str) -> float:
    try:
        time = datetime.fromisoformat(cell.strip())
    except ValueError:
        refuse(
            path,
            line,
            f"TIMESTAMP is {reprlib.repr(cell)}",
            "a date and time: 2023-11-16 18:15:46.68",
        )
    return _seconds(time if time.tzinfo else time.replace(tzinfo=UTC))


def _seconds(time: datetime) -> float:
    return (time - datetime(2020, 1, 1, tzinfo=UTC)).total_seconds()


def _mooncake(path: Path, text: str) -> Iterator[_Row]:
    for line, written in enumerate(_lines(text), 1):
        if written.strip():
            record = _record(path, line, written)
            _check_names(path, line, "key", MOONCAKE_KEYS, record)
            time, prompt, output = (record[k] for k in MOONCAKE_KEYS)
            if not isinstance(time, (int, float)) or isinstance(time, bool):
                refuse(path, line, f"timestamp is {reprlib.repr(time)}", "a number of milliseconds")
            if not math.isfinite(time):
                refuse(path, line, f"timestamp is {time}", "a finite number of milliseconds")
            yield _Row(
                line,
                time / 1e3,
                _tokens(path, line, MOONCAKE_KEYS[1], prompt),
                _tokens(path, line, MOONCAKE_KEYS[2], output),
                _blocks(path, line, record.get("hash_ids", [])),
            )


def _blocks(path: Path, line: int, names: Any) -> tuple[int, ...]:
    if not isinstance(names, list) or not all(type(n) is int and n >= 0 for n in names):
        refuse(path, line, f"hash_ids is {reprlib.repr(names)}", "a list of whole numbers from 0")
    return tuple(names)


def _record(path: Path, line: int, written: str) -> Mapping[str, Any]:
    try:
        record = json.loads(written)
    except json.JSONDecodeError as error:
        refuse(path, line, f"not JSON: {error.msg} at column {error.colno}", "one JSON object")
    except (ValueError, RecursionError) as error:  # a number or nesting beyond all measure
        refuse(path, line, f"not JSON: {error}", "one JSON object")
    if not isinstance(record, dict):
        refuse(path, line, f"a JSON {type(record).__name__}", "one JSON object")
    return record


def _check_names(
    path: Path, line: int, kind: str, wanted: tuple[str, ...], present: Iterable[str]
) -> None:
    """Refuse missing names; the hint has the present name that is nearest to the first."""
    present = list(present)
    missing = [name for name in wanted if name not in present]
    if missing:
        names = ", ".join(missing)
        raise UsageError(
            f"{path}, line {line}: no {kind} {names}; {FORMATS}",
            nearest_hint(missing[0], present),
        )


def _tokens(path: Path, line: int, name: str, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        refuse(path, line, f"{name} is {reprlib.repr(value)}", "a whole number of tokens")
    if not 1 <= value <= MOST_TOKENS:
        refuse(path, line, f"{name} is {value}", f"1 to {MOST_TOKENS} tokens")
    return value


def _check_sorted(path: Path, rows: list[_Row]) -> None:
    for before, row in pairwise(rows):
        if row.time_s < before.time_s:
            refuse(path, row.line, "earlier than the request before it", "rows sorted by time")

"""Reads recorded requests of LLM services: when each came, how long its prompt and output were.

Two formats, told apart by content, plain or gzipped:
- Azure LLM inference traces, CSV: `TIMESTAMP,ContextTokens,GeneratedTokens`;
- Mooncake (FAST 2025), JSON lines: `timestamp` in ms, `input_length`, `output_length`.

Everything wrong with a file is a UsageError that names file, line and what was expected.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import math
import re
import reprlib
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from evaluators.errors import UsageError, nearest_hint

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


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    time_s: float
    prompt_tokens: int
    output_tokens: int


def read_requests(path: str | Path) -> RequestTable:
    """The requests of a file. Raises UsageError with file, line and what was expected."""
    path = Path(path)
    raw = _read_bytes(path)
    text = _decode(path, _decompress(path, raw))
    if not text.strip():
        raise UsageError(f"{path}: empty", FORMATS)
    rows = list(_mooncake(path, text) if text.lstrip().startswith("{") else _azure(path, text))
    if not rows:
        raise UsageError(f"{path}: no request", FORMATS)
    _check_sorted(path, rows)
    return RequestTable(
        source=f"{path.name}:{hashlib.sha256(raw).hexdigest()[:16]}",
        arrival_s=np.array([r.time_s - rows[0].time_s for r in rows]),
        prompt_tokens=np.array([r.prompt_tokens for r in rows], dtype=np.int64),
        output_tokens=np.array([r.output_tokens for r in rows], dtype=np.int64),
    )


def _refuse(path: Path, line: int, what: str, expected: str) -> NoReturn:
    raise UsageError(f"{path}, line {line}: {what}", f"expected {expected}")


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", FORMATS) from error


def _decompress(path: Path, raw: bytes) -> bytes:
    """The content, unpacked when it is gzip by its first bytes."""
    if not raw.startswith(b"\x1f\x8b"):
        return raw
    stream = zlib.decompressobj(wbits=31)
    try:
        content = stream.decompress(raw)
        whole = gzip.decompress(raw) if stream.eof else None  # several members, checksums
    except (zlib.error, gzip.BadGzipFile, EOFError) as error:
        raise UsageError(f"{path}: damaged gzip: {error}", "download it again") from error
    if whole is None:
        line = content.count(b"\n") + 1
        _refuse(path, line, "the gzip data ends here, truncated", "a whole file: download it again")
    return whole


def _decode(path: Path, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        _refuse(path, line, f"byte 0x{content[error.start]:02x} is not UTF-8", "UTF-8 text")


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
                    _refuse(path, line, f"{len(cells)} columns", f"{len(header)} as in the header")
                yield _Row(
                    line,
                    _iso_time_s(path, line, cells[time]),
                    _tokens(path, line, AZURE_COLUMNS[1], _int_of(cells[prompt])),
                    _tokens(path, line, AZURE_COLUMNS[2], _int_of(cells[output])),
                )
    except csv.Error as error:
        _refuse(path, reader.line_num, f"not CSV: {error}", f"{','.join(AZURE_COLUMNS)}")


def _int_of(cell: str) -> int | str:
    """The cell's number, or the cell itself where it is none."""
    return int(cell) if re.fullmatch(r"\s*[+-]?[0-9]{1,20}\s*", cell) else cell


def _iso_time_s(path: Path, line: int, cell: str) -> float:
    try:
        time = datetime.fromisoformat(cell.strip())
    except ValueError:
        _refuse(
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
                _refuse(
                    path, line, f"timestamp is {reprlib.repr(time)}", "a number of milliseconds"
                )
            if not math.isfinite(time):
                _refuse(path, line, f"timestamp is {time}", "a finite number of milliseconds")
            yield _Row(
                line,
                time / 1e3,
                _tokens(path, line, MOONCAKE_KEYS[1], prompt),
                _tokens(path, line, MOONCAKE_KEYS[2], output),
            )


def _record(path: Path, line: int, written: str) -> Mapping[str, Any]:
    try:
        record = json.loads(written)
    except json.JSONDecodeError as error:
        _refuse(path, line, f"not JSON: {error.msg} at column {error.colno}", "one JSON object")
    except (ValueError, RecursionError) as error:  # a number or nesting beyond all measure
        _refuse(path, line, f"not JSON: {error}", "one JSON object")
    if not isinstance(record, dict):
        _refuse(path, line, f"a JSON {type(record).__name__}", "one JSON object")
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
        _refuse(path, line, f"{name} is {reprlib.repr(value)}", "a whole number of tokens")
    if not 1 <= value <= MOST_TOKENS:
        _refuse(path, line, f"{name} is {value}", f"1 to {MOST_TOKENS} tokens")
    return value


def _check_sorted(path: Path, rows: list[_Row]) -> None:
    for before, row in pairwise(rows):
        if row.time_s < before.time_s:
            _refuse(path, row.line, "earlier than the request before it", "rows sorted by time")

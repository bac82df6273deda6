"""A user's own cases: a CSV file with one model a line, cut into search, selection and sealed."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from evaluators.contract import Span, Split, Workload
from evaluators.errors import InvalidAction, UsageError
from evaluators.problems.model_placement.instance import LONGEST_SLO_S, Case
from evaluators.problems.model_placement.parameters import MOST_GPUS, MOST_MODELS
from evaluators.problems.model_placement.simulator import FULL_PRESSURE, pressure

RANGES: Mapping[str, tuple[int, int]] = {
    "num_gpus": (2, MOST_GPUS),
    "size_gb": (1, 1000),
    "request_rate": (1, 1000),
    "slo_s": (1, LONGEST_SLO_S),
    "previous": (0, MOST_GPUS - 1),
}
COLUMNS = ("case", *RANGES)
EXPECTED = f"expected CSV lines: {','.join(COLUMNS)}"
LEAST_CASES = 5
CUTS: tuple[tuple[Split, float, float], ...] = (
    ("search", 0.0, 0.6),
    ("selection", 0.6, 0.8),
    ("sealed", 0.8, 1.0),
)
Row = tuple[int, Mapping[str, int]]  # line of the file, values by column


def file_workloads(path: str, gpu_memory_gb: int) -> Mapping[Split, tuple[Workload, ...]]:
    """The cases in the order of the file: 60 % search, 20 % selection, 20 % sealed.

    Args:
        path: CSV file, one model a line.
        gpu_memory_gb: of every GPU in it.

    Raises:
        UsageError: the file cannot be read, a line is no model, a case does not fit as it is or
            repeats another, or there are too few.
    """
    cases: dict[str, list[Row]] = {}
    for name, row in _rows(path):
        cases.setdefault(name, []).append(row)
    if len(cases) < LEAST_CASES:
        raise UsageError(
            f"{path} has {len(cases)} cases, expected at least {LEAST_CASES}",
            "three splits have to be filled; 8 cases in a split give an interval",
        )
    made = [_workload(path, name, rows, gpu_memory_gb) for name, rows in cases.items()]
    _check_distinct(path, made)
    count = len(made)
    return {
        split: tuple(made[round(start * count) : round(stop * count)])
        for split, start, stop in CUTS
    }


def _rows(path: str) -> Iterator[tuple[str, Row]]:
    """Case and row of every model."""
    try:
        text = Path(path).read_text("utf-8-sig")
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}", EXPECTED) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is no UTF-8 text", EXPECTED) from error
    reader = csv.DictReader(io.StringIO(text), skipinitialspace=True)
    try:
        if reader.fieldnames is None or set(reader.fieldnames) != set(COLUMNS):
            raise UsageError(f"{path}:1: columns {reader.fieldnames or 'missing'}", EXPECTED)
        for record in reader:
            line = reader.line_num
            if None in record or None in record.values():
                raise UsageError(f"{path}:{line}: not {len(COLUMNS)} values", EXPECTED)
            values = {name: _whole(path, line, name, record[name].strip()) for name in RANGES}
            yield record["case"], (line, values)
    except csv.Error as error:
        raise UsageError(f"{path}:{reader.line_num + 1}: {error}", EXPECTED) from error


def _whole(path: str, line: int, column: str, text: str) -> int:
    low, high = RANGES[column]
    # isdecimal and the length first: int() takes '1_0', and seconds for a million digits
    value = int(text) if text.isdecimal() and len(text) <= len(str(high)) else -1
    if not low <= value <= high:
        shown = text if len(text) <= 20 else text[:20] + "..."
        raise UsageError(
            f"{path}:{line}: {column} is {shown!r}", f"expected a whole number, {low}..{high}"
        )
    return value


def _workload(path: str, name: str, rows: Sequence[Row], gpu_memory_gb: int) -> Workload:
    _check_rows(path, name, rows)
    column = {c: np.array([values[c] for _, values in rows], dtype=np.int64) for c in RANGES}
    case = Case(
        size_gb=column["size_gb"],
        request_rate=column["request_rate"],
        slo_s=column["slo_s"],
        previous=column["previous"],
        num_gpus=int(column["num_gpus"][0]),
        gpu_memory_gb=gpu_memory_gb,
    )
    _check_fits(path, rows[0][0], name, case)
    spans = tuple(Span(Path(path).name, line, line + 1) for line, _ in rows)
    id_ = f"file-{name}"
    return Workload(id=id_, family="file", cluster=id_, content=case.content(), spans=spans)


def _check_rows(path: str, name: str, rows: Sequence[Row]) -> None:
    """Raises UsageError for lines that make no case together."""
    num_gpus = rows[0][1]["num_gpus"]
    for line, values in rows:
        if values["num_gpus"] != num_gpus:
            raise UsageError(
                f"{path}:{line}: num_gpus is {values['num_gpus']}, case {name!r} had {num_gpus}",
                "all lines of a case have the same",
            )
        if values["previous"] >= num_gpus:
            raise UsageError(
                f"{path}:{line}: previous is {values['previous']}, there are {num_gpus} GPUs",
                "GPUs are numbered from 0",
            )
    if len(rows) > MOST_MODELS:
        raise UsageError(
            f"{path}:{rows[MOST_MODELS][0]}: case {name!r} has more than {MOST_MODELS} models",
            f"cut it into cases of at most {MOST_MODELS}",
        )


def _check_fits(path: str, line: int, name: str, case: Case) -> None:
    hint = f"GPUs have {case.gpu_memory_gb} GB: --param gpu_memory_gb= for others"
    try:
        highest = pressure(case.previous, case).max()
    except InvalidAction as error:
        raise UsageError(f"{path}:{line}: case {name!r} as it is: {error}", hint) from error
    if highest >= FULL_PRESSURE:
        raise UsageError(f"{path}:{line}: case {name!r} leaves no memory on a GPU as it is", hint)


def _check_distinct(path: str, made: Sequence[Workload]) -> None:
    first: dict[str, str] = {}
    for w in made:
        if w.digest in first:
            raise UsageError(
                f"{path}: {w.id.removeprefix('file-')!r} is the same case as"
                f" {first[w.digest].removeprefix('file-')!r}",
                "take one of them out: a policy is not judged on what it was found with",
            )
        first[w.digest] = w.id

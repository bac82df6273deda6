"""A user's own cases: a CSV file with one model a line, cut into search, selection and sealed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from evaluators.contract import Span, Split, Workload
from evaluators.csv_files import records, whole_number
from evaluators.errors import InvalidAction, UsageError
from evaluators.file_splits import in_splits
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
    made = [_workload(path, name, rows, gpu_memory_gb) for name, rows in cases.items()]
    return in_splits(path, made, "case")


def _rows(path: str) -> Iterator[tuple[str, Row]]:
    """Case and row of every model."""
    for line, record in records(path, COLUMNS):
        where = f"{path}:{line}"
        values = {n: whole_number(where, n, record[n], *limits) for n, limits in RANGES.items()}
        yield record["case"], (line, values)


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

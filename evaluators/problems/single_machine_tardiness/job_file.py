"""A user's own instances: a CSV file with one job a line, cut into search, selection and sealed."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from evaluators.contract import Span, Split, Workload
from evaluators.errors import UsageError
from evaluators.problems.single_machine_tardiness.workloads import (
    MOST_JOBS,
    MOST_LENGTH,
    is_open,
    make_workload,
)

COLUMNS = ("instance", "processing_time", "due_date")
EXPECTED = f"expected CSV lines: {','.join(COLUMNS)}"
LEAST_INSTANCES = 5
CUTS: tuple[tuple[Split, float, float], ...] = (
    ("search", 0.0, 0.6),
    ("selection", 0.6, 0.8),
    ("sealed", 0.8, 1.0),
)
MOST_DUE_DATE = 10**9  # time units


@dataclass
class _Instance:
    line: int  # of its first job
    rows: list[int] = field(default_factory=list)  # of the file, from 0, without its head
    jobs: list[tuple[int, int]] = field(default_factory=list)


def file_workloads(path: str) -> Mapping[Split, tuple[Workload, ...]]:
    """The instances in the order of the file: 60 % search, 20 % selection, 20 % sealed.

    Raises:
        UsageError: the file cannot be read, a line is no job, an instance leaves nothing to decide
            or repeats another, or there are too few.
    """
    instances = load_instances(path)
    if len(instances) < LEAST_INSTANCES:
        raise UsageError(
            f"{path} has {len(instances)} instances, expected at least {LEAST_INSTANCES}",
            "three splits have to be filled; 8 instances in a split give an interval",
        )
    made = [_workload(path, name, instance) for name, instance in instances.items()]
    _check_distinct(path, made)
    count = len(made)
    return {
        split: tuple(made[round(start * count) : round(stop * count)])
        for split, start, stop in CUTS
    }


def load_instances(path: str) -> dict[str, _Instance]:
    """The jobs by instance, in the order of the file."""
    instances: dict[str, _Instance] = {}
    for row, (line, record) in enumerate(_records(path)):
        instance = instances.setdefault(record["instance"], _Instance(line))
        length = _whole(path, line, record, "processing_time", 1, MOST_LENGTH)
        due = _whole(path, line, record, "due_date", 0, MOST_DUE_DATE)
        instance.rows.append(row)
        instance.jobs.append((length, due))
        if len(instance.jobs) > MOST_JOBS:
            raise UsageError(
                f"{path}:{line}: instance {record['instance']!r} has more than {MOST_JOBS} jobs",
                f"cut it into instances of at most {MOST_JOBS}",
            )
    return instances


def _records(path: str) -> Iterator[tuple[int, Mapping[str, str]]]:
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
            if None in record or None in record.values():
                raise UsageError(f"{path}:{reader.line_num}: not {len(COLUMNS)} values", EXPECTED)
            yield reader.line_num, record
    except csv.Error as error:
        raise UsageError(f"{path}:{reader.line_num + 1}: {error}", EXPECTED) from error


def _whole(
    path: str, line: int, record: Mapping[str, str], column: str, low: int, high: int
) -> int:
    text = record[column].strip()
    # isdecimal and the length first: int() takes '1_0', and seconds for a million digits
    value = int(text) if text.isdecimal() and len(text) <= len(str(high)) else -1
    if not low <= value <= high:
        shown = text if len(text) <= 20 else text[:20] + "..."
        raise UsageError(
            f"{path}:{line}: {column} is {shown!r}", f"expected a whole number, {low}..{high}"
        )
    return value


def _workload(path: str, name: str, instance: _Instance) -> Workload:
    length, due = np.array(instance.jobs, dtype=np.int64).T.copy()
    if not is_open(length, due):
        raise UsageError(
            f"{path}:{instance.line}: instance {name!r} has nothing to decide",
            "by due date no job is late; take it out",
        )
    content = {"processing_time": length, "due_date": due}
    spans = tuple(Span(Path(path).name, row, row + 1) for row in instance.rows)
    drawn = make_workload(f"file-{name}", "file", content)
    return Workload(drawn.id, drawn.family, drawn.cluster, drawn.content, spans)


def _check_distinct(path: str, made: list[Workload]) -> None:
    first: dict[str, str] = {}
    for w in made:
        if w.digest in first:
            raise UsageError(
                f"{path}: {w.id.removeprefix('file-')!r} is the same instance as"
                f" {first[w.digest].removeprefix('file-')!r}",
                "take one of them out: a policy is not judged on what it was found with",
            )
        first[w.digest] = w.id

"""A user's own instances: a CSV file with one job a line, cut into search, selection and sealed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from evaluators.contract import Span, Split, Workload
from evaluators.csv_files import records, whole_number
from evaluators.errors import UsageError
from evaluators.file_splits import in_splits
from evaluators.problems.single_machine_tardiness.workloads import (
    MOST_JOBS,
    MOST_LENGTH,
    is_open,
    make_workload,
)

COLUMNS = ("instance", "processing_time", "due_date")
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
    made = [_workload(path, name, found) for name, found in load_instances(path).items()]
    return in_splits(path, made, "instance")


def load_instances(path: str) -> dict[str, _Instance]:
    """The jobs by instance, in the order of the file."""
    instances: dict[str, _Instance] = {}
    for row, (line, record) in enumerate(records(path, COLUMNS)):
        instance = instances.setdefault(record["instance"], _Instance(line))
        where = f"{path}:{line}"
        length = whole_number(where, "processing_time", record["processing_time"], 1, MOST_LENGTH)
        due = whole_number(where, "due_date", record["due_date"], 0, MOST_DUE_DATE)
        instance.rows.append(row)
        instance.jobs.append((length, due))
        if len(instance.jobs) > MOST_JOBS:
            raise UsageError(
                f"{path}:{line}: instance {record['instance']!r} has more than {MOST_JOBS} jobs",
                f"cut it into instances of at most {MOST_JOBS}",
            )
    return instances


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

"""Instances of the usual random grid, from fixed seeds.

Processing times are uniform on 1..100, due dates uniform between P(1 - TF - RDD/2), at least 0, and
P(1 - TF + RDD/2), where P is the sum of the processing times, TF the tardiness factor (how late
jobs are on average) and RDD the range of due dates (Fisher 1976; Potts and Van Wassenhove 1982).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from evaluators.contract import Split, Workload
from evaluators.problems.single_machine_tardiness.simulator import earliest_due_date, tardiness
from evaluators.seeding import seeded

# Potts and Van Wassenhove's 20 cells without the six in which RDD >= 2 TF: there the earliest due
# date first leaves nothing late as soon as there are many jobs, and nothing is to be decided.
CELLS = tuple(
    (tf, rdd)
    for tf in (0.2, 0.4, 0.6, 0.8)
    for rdd in (0.2, 0.4, 0.6, 0.8, 1.0)
    if rdd < 2 * tf - 1e-9
)
SIZES = (20, 100, 200, 500)  # jobs, as the published comparison of evolved rules has them
TINY_SIZES = (6, 8)  # all sequences can be enumerated
TINY_CELLS = ((0.2, 0.2), (0.4, 0.4), (0.6, 0.6), (0.8, 1.0))
MOST_JOBS = 500
MOST_LENGTH = 10_000  # time units: sums stay far from what 64 bits hold
LOG_LENGTH_SD = 1.0  # of heavy-tailed processing times


@dataclass(frozen=True, slots=True)
class TardinessParameters:
    """What may be set with --param."""

    jobs: int = 0
    """Jobs of every instance outside the tiny split; 0: 20, 100, 200 and 500."""
    longest: int = 100
    """Processing times are uniform on 1..longest, time units."""
    heavy_tailed: bool = False
    """Log-normal processing times of the same mean, at most 20 times as long, instead."""

    def __post_init__(self) -> None:
        """Raises ValueError for numbers that fit no instance."""
        if self.jobs and not 2 <= self.jobs <= MOST_JOBS:
            raise ValueError(f"jobs is {self.jobs}, expected 2..{MOST_JOBS}, or 0")
        if not 2 <= self.longest <= MOST_LENGTH // 10:
            raise ValueError(f"longest is {self.longest}, expected 2..{MOST_LENGTH // 10}")


@cache
def make_workloads(
    split: Split, parameters: TardinessParameters, salt: str = ""
) -> tuple[Workload, ...]:
    """The workloads of a split: one instance per size and cell, each its own cluster.

    A size is a family. With a `salt` the same cells get other instances.
    """
    cells = TINY_CELLS if split == "tiny" else CELLS
    return tuple(
        _make_workload(split, size, cell, parameters, salt)
        for size in _sizes(split, parameters)
        for cell in cells
    )


def _sizes(split: Split, parameters: TardinessParameters) -> tuple[int, ...]:
    if split == "tiny":
        return TINY_SIZES
    return (parameters.jobs,) if parameters.jobs else SIZES


def _make_workload(
    split: Split,
    size: int,
    cell: tuple[float, float],
    parameters: TardinessParameters,
    salt: str,
) -> Workload:
    tf, rdd = cell
    name = f"{split}-{size}-tf{tf}-rdd{rdd}"
    rng = seeded("single_machine_tardiness", name, salt)
    content = _draw(rng, size, cell, parameters)
    while not is_open(**content):
        content = _draw(rng, size, cell, parameters)
    return make_workload(name, f"{size} jobs", content)


def make_workload(name: str, family: str, content: Mapping[str, np.ndarray]) -> Workload:
    """An instance as a workload that is a cluster of its own."""
    for array in content.values():
        array.setflags(write=False)
    return Workload(id=name, family=family, cluster=name, content=content)


def is_open(processing_time: np.ndarray, due_date: np.ndarray) -> bool:
    """Whether a job is late in every sequence: if not, the earliest due date first is all."""
    edd = earliest_due_date(processing_time, due_date)
    return bool(tardiness(processing_time, due_date, edd).any())


def _draw(
    rng: np.random.Generator,
    size: int,
    cell: tuple[float, float],
    parameters: TardinessParameters,
) -> Mapping[str, np.ndarray]:
    processing_time = _processing_time(rng, size, parameters)
    tf, rdd = cell
    total = int(processing_time.sum())
    earliest, latest = (round(total * (1 - tf + side * rdd / 2)) for side in (-1, 1))
    due_date = rng.integers(max(0, earliest), max(0, latest), size, endpoint=True)
    return {"processing_time": processing_time, "due_date": due_date}


def _processing_time(
    rng: np.random.Generator, size: int, parameters: TardinessParameters
) -> np.ndarray:
    if not parameters.heavy_tailed:
        return rng.integers(1, parameters.longest, size, endpoint=True)
    mean = (1 + parameters.longest) / 2
    drawn = mean * np.exp(rng.normal(-(LOG_LENGTH_SD**2) / 2, LOG_LENGTH_SD, size))
    return np.clip(np.rint(drawn), 1, min(20 * mean, MOST_LENGTH)).astype(np.int64)

"""What a sequence of jobs costs on one machine.

Model (1 || sum T_j): all jobs are there at time 0, the machine takes one at a time and never waits,
so a sequence says all. A job's tardiness is how long after its due date it is done, or 0.
"""

from __future__ import annotations

import math
from collections.abc import Generator

import numpy as np

from evaluators.contract import Action, Measurements, Observation


def tardiness(
    processing_time: np.ndarray, due_date: np.ndarray, sequence: np.ndarray
) -> np.ndarray:
    """int64[jobs]: the tardiness of the job at every position.

    Args:
        processing_time: int64[jobs], time units, at least 1.
        due_date: int64[jobs], time units.
        sequence: int64[jobs], the jobs in the order in which they are done: a permutation.
    """
    completion = np.cumsum(processing_time[sequence])
    return np.asarray(np.maximum(completion - due_date[sequence], 0))


def earliest_due_date(processing_time: np.ndarray, due_date: np.ndarray) -> np.ndarray:
    """int64[jobs]: by due date, of equal ones the shorter job first."""
    return np.asarray(np.lexsort((processing_time, due_date)))


def sequencing_episode(
    processing_time: np.ndarray, due_date: np.ndarray
) -> Generator[Observation, Action, Measurements]:
    """Ask once for the sequence of all jobs, and judge it.

    Some job is late in every sequence: what the objectives are relative to is positive.
    """
    action = yield {"processing_time": processing_time.copy(), "due_date": due_date.copy()}
    late = tardiness(processing_time, due_date, action["sequence"])
    return Measurements(
        {
            "log_total_tardiness": log_total(int(late.sum()), processing_time, due_date),
            "max_tardiness": float(late.max() / processing_time.sum()),
        },
        {
            "total_tardiness": float(late.sum()),
            "late_jobs": float(np.count_nonzero(late)),
        },
    )


def log_total(total_tardiness: int, processing_time: np.ndarray, due_date: np.ndarray) -> float:
    """The natural logarithm of total tardiness over that of the earliest due date first."""
    edd = earliest_due_date(processing_time, due_date)
    return math.log(total_tardiness / int(tardiness(processing_time, due_date, edd).sum()))

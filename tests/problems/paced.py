"""A problem whose evaluations take a while and no CPU: something can be killed meanwhile."""

from __future__ import annotations

import time
from collections.abc import Generator

from evaluators.contract import Action, Measurements, Observation, Workload
from tests.problems.guess import GuessProblem

PAUSE_S = 0.15  # before each episode


class PacedProblem(GuessProblem):
    """The series of the guess problem."""

    name = "paced"

    def episode(self, workload: Workload) -> Generator[Observation, Action, Measurements]:
        time.sleep(PAUSE_S)
        return (yield from super().episode(workload))

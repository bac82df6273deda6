"""The form of `timed` that a test takes for a measurement: a clock made of the answers."""

from __future__ import annotations

from collections.abc import Generator
from itertools import count

from evaluators.contract import Action, Measurements, Objective, Observation, Problem, Workload
from evaluators.engines.gpu.drift import DRIFT
from tests.problems.sum import SumProblem
from tests.problems.timed import TimedProblem

LAWS = {"inverse": lambda x: 1 / x, "direct": lambda x: x, "level": lambda _: 1.0}


class TimedOnDevice(TimedProblem):
    """`took` in the place of evenness."""

    objectives = (
        Objective("took", "ms", "lower", "measured", reference=100, worst=1000, resolution=1e-6),
        SumProblem.objectives[1],
    )

    def __init__(self, parameters: object, workload_file: str | None) -> None:
        super().__init__(parameters, workload_file)
        self._plays = count()

    @property
    def simulated(self) -> Problem:
        return TimedProblem(self.parameters)

    def episode(self, workload: Workload) -> Generator[Observation, Action, Measurements]:
        simulated = yield from super().episode(workload)
        values = dict(simulated.values)
        took = 10 * LAWS[self.parameters.law](values.pop("evenness"))
        play = next(self._plays)
        took *= 1 + self.parameters.noise * (play // 8 % 2)
        return Measurements({"took": took, **values}, {DRIFT: self.parameters.drift, "play": play})

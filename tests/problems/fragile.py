"""A problem whose tagged policies are good until a storm comes: the planted one, with settings."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

from evaluators.contract import Action, Measurements, Observation, Variation, Workload
from evaluators.errors import InvalidAction
from evaluators.parameters import added
from tests.problems.planted import PlantedProblem

BONUS = 0.1  # of a tag, in either objective
UNVARIED = {"failures": "nothing here can fail"}


@dataclass(frozen=True)
class Parameters:
    """`storm` is the delay that a tag costs; `trap`: a tag is refused."""

    clusters: int = 12
    noise: float = 0.02
    draw: int = 0
    steady: bool = True
    timed: bool = False
    storm: float = added(0.0)
    trap: bool = added(False)


class FragileProblem(PlantedProblem):
    """Under the usual setting a tag pays."""

    name = "fragile"
    Parameters = Parameters
    unvaried = UNVARIED

    def __init__(self, parameters: Any = None, workload_file: str | None = None) -> None:
        super().__init__(parameters or Parameters(), workload_file)

    def variations(self) -> Sequence[Variation]:
        return (
            Variation("weather", "another year", {"draw": "1"}),
            Variation("weather", "storm", {"storm": "0.4"}),
        )

    def episode(self, workload: Workload) -> Generator[Observation, Action, Measurements]:
        asked: Generator[Observation, Action, Measurements] = super().episode(workload)
        action = yield next(asked)
        is_tagged = action["tag"] > 0
        if is_tagged and self.parameters.trap:
            raise InvalidAction("no tags here")
        try:
            asked.send(action)
        except StopIteration as end:
            values = end.value.values
        bonus = BONUS if is_tagged else 0.0
        storm = self.parameters.storm if is_tagged else 0.0
        return Measurements(
            {"cost": values["cost"] - bonus, "delay": values["delay"] - bonus + storm}
        )

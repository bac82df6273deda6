"""`sum` with a form whose first objective is a time, made from what the answer comes to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evaluators.contract import Problem, Split, Workload
from evaluators.parameters import added
from tests.problems.sum import SumProblem


@dataclass(frozen=True)
class Parameters:
    """Shapes, and how the device behaves: `law` is inverse (an even answer is fast), direct (it is
    slow) or level; each play takes `noise` more or less, `drift` is what it says of itself.
    """

    items: int = 24
    bins: int = 4
    law: str = added("inverse")
    noise: float = added(0.0)
    drift: float = added(0.0)


class TimedProblem(SumProblem):
    """Enough clusters for an interval."""

    name = "timed"
    Parameters = Parameters  # type: ignore[assignment]
    reference_policy = "largest_first"

    def workloads(self, split: Split) -> Sequence[Workload]:
        return [self._workload(split, i) for i in range(8)]

    def on_device(self, device: str) -> Problem:
        from tests.problems.timed_on_device import TimedOnDevice

        return TimedOnDevice(self.parameters, None)

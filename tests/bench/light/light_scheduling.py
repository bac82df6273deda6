"""`request_scheduling` on a seventh of the requests, so that many searches can be compared.

The same scenarios, engine and memory; every workload is drawn anew from its own id, so no
split shares a request with another, nor with the problem itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import ClassVar

from evaluators.contract import Split, Workload
from evaluators.problems.request_scheduling.problem import RequestScheduling
from evaluators.problems.request_scheduling.workloads import (
    SCENARIOS,
    generated,
)

# selection is small: which front is compared is not decided there
REQUESTS: Mapping[Split, int] = {"search": 200, "selection": 40, "sealed": 400}
# times the scenario's own: few requests build no queue at the loads of the problem itself
LOADS: Mapping[Split, tuple[float, ...]] = {
    "search": (1.4,), "selection": (1.35,), "sealed": (1.3, 1.4)
}  # fmt: skip


class LightScheduling(RequestScheduling):
    """5 search, 5 selection and 10 sealed workloads."""

    requests: ClassVar[Mapping[Split, int]] = REQUESTS
    loads: ClassVar[Mapping[Split, tuple[float, ...]]] = LOADS

    def workloads(self, split: Split) -> Sequence[Workload]:
        return super().workloads(split) if split == "tiny" else self._light[split]

    @cached_property
    def _light(self) -> Mapping[Split, tuple[Workload, ...]]:
        return {split: tuple(self._drawn(split)) for split in self.requests}

    def _drawn(self, split: Split) -> Iterator[Workload]:
        salt = self.salt if split == "sealed" else ""
        for load in self.loads[split]:
            for s in SCENARIOS:
                name = f"light-{split}-{s.name}-x{load}"
                count = self.requests[split]
                yield self._with_constants(
                    generated(name, s, count, self._engine, self.parameters, load, salt)
                )

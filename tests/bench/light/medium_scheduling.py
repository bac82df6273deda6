"""`request_scheduling` on fewer requests, every split with the scenarios and loads that it has.

For measuring where evaluators' time goes: search 200 requests a workload, selection 1,000.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from evaluators.contract import Split, Workload
from evaluators.problems.request_scheduling.problem import RequestScheduling
from evaluators.problems.request_scheduling.workloads import SCENARIOS, generated

# times the scenario's own: few requests build no queue at the loads of the problem itself
LOADS: Mapping[Split, tuple[float, ...]] = {
    "search": (1.35,), "selection": (1.25, 1.18), "sealed": (1.35,)
}  # fmt: skip
REQUESTS: Mapping[Split, int] = {"search": 200, "selection": 1_000, "sealed": 400}
MOST = 8  # workloads of a split


class MediumScheduling(RequestScheduling):
    """5 search, 8 selection and 5 sealed workloads."""

    def workloads(self, split: Split) -> Sequence[Workload]:
        return super().workloads(split) if split == "tiny" else self._drawn[split]

    @cached_property
    def _drawn(self) -> Mapping[Split, tuple[Workload, ...]]:
        return {split: tuple(self._draw(split)) for split in REQUESTS}

    def _draw(self, split: Split) -> Iterator[Workload]:
        salt = self.salt if split == "sealed" else ""
        kv_tokens = self.parameters.kv_capacity_tokens
        for s, load in [(s, load) for load in LOADS[split] for s in SCENARIOS][:MOST]:
            name = f"mid-{split}-{s.name}" + (f"-x{load}" if split == "selection" else "")
            yield self._with_constants(
                generated(name, s, REQUESTS[split], self._engine, kv_tokens, load, salt)
            )

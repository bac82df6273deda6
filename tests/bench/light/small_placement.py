"""`expert_placement` at a size at which hundreds of searches can be compared.

16 experts in 20 slots of 4 GPUs, four layers. Selection is one workload: which front is compared is
not decided there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from evaluators.contract import SPLITS, Split, Workload
from evaluators.problems.expert_placement.problem import ExpertPlacement
from evaluators.problems.expert_placement.shape import PlacementParameters
from tests.bench.light.light_placement import cut

SIZE = PlacementParameters(
    num_experts=16, num_replicas=20, num_groups=2, num_nodes=2, num_gpus=4
)  # fmt: skip
# Every n-th of a split: search has one workload of each family.
EVERY: Mapping[Split, int] = {"search": 2, "selection": 8, "sealed": 1, "tiny": 1}


class SmallPlacement(ExpertPlacement):
    """4 search, 1 selection and 24 sealed workloads."""

    def __init__(
        self, parameters: PlacementParameters | None = None, workload_file: str | None = None
    ) -> None:
        super().__init__(parameters or SIZE, workload_file)

    def workloads(self, split: Split) -> Sequence[Workload]:
        return self._small[split]

    @cached_property
    def _small(self) -> Mapping[Split, tuple[Workload, ...]]:
        return {s: tuple(map(cut, super(SmallPlacement, self).workloads(s)[:: EVERY[s]]))
                for s in SPLITS}  # fmt: skip

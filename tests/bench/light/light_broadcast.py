"""`broadcast_routing` on few broadcasts of four partitions, without its best baselines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from evaluators.contract import Deadlines, Split
from evaluators.problems.broadcast_routing.parameters import BroadcastParameters
from evaluators.problems.broadcast_routing.problem import BroadcastRouting
from tests.bench.hiding import Hiding

FEW = BroadcastParameters(num_partitions=4)


class LightBroadcast(Hiding, BroadcastRouting):
    """8 search, 4 selection and 24 sealed workloads."""

    hidden = ("steiner_nearest", "scatter_allgather", "congestion_prices")
    per_family: ClassVar[Mapping[Split, int]] = {"search": 2, "selection": 1, "sealed": 6}
    deadlines = Deadlines(
        call_s=0.5
    )  # ten times what a policy that ends takes; late ones ate the time

    def __init__(
        self, parameters: BroadcastParameters | None = None, workload_file: str | None = None
    ) -> None:
        super().__init__(parameters or FEW, workload_file)

"""`spot_scheduling` on one job of each family, without its best baselines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from evaluators.contract import Split
from evaluators.problems.spot_scheduling.problem import SpotScheduling
from tests.bench.hiding import Hiding


class LightSpot(Hiding, SpotScheduling):
    """10 search, 10 selection and 30 sealed workloads."""

    hidden = ("uniform_progress", "uniform_progress_eager")
    per_family: ClassVar[Mapping[Split, int]] = {"search": 1, "selection": 1, "sealed": 3}

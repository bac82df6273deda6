"""`spot_scheduling_regions` on a few jobs of each family, without its best baselines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from evaluators.contract import Split
from evaluators.problems.spot_scheduling_regions.problem import SpotSchedulingRegions
from tests.bench.hiding import Hiding


class LightZones(Hiding, SpotSchedulingRegions):
    """6 search, 6 selection and 12 sealed jobs."""

    hidden = ("uniform_progress", "steadiest_zone")
    per_family: ClassVar[Mapping[Split, int]] = {"search": 1, "selection": 1, "sealed": 2}

"""`prefix_reordering` on one table of each family, without its best baselines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from evaluators.contract import Split
from evaluators.problems.prefix_reordering.problem import PrefixReordering
from tests.bench.hiding import Hiding


class LightPrefix(Hiding, PrefixReordering):
    """4 search, 4 selection and 12 sealed tables."""

    hidden = ("best_fixed_order", "statistics_in_lanes", "ggr_full")
    per_family: ClassVar[Mapping[Split, int]] = {"search": 1, "selection": 1, "sealed": 3}

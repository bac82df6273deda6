"""`single_machine_tardiness` on a few instances of each size, without its best baselines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from evaluators.contract import Split
from evaluators.problems.single_machine_tardiness.problem import SingleMachineTardiness
from tests.bench.hiding import Hiding


class LightTardiness(Hiding, SingleMachineTardiness):
    """12 search, 4 selection and 28 sealed workloads."""

    hidden = ("psk", "atc", "mdd_insertion")
    per_family: ClassVar[Mapping[Split, int]] = {"search": 3, "selection": 1, "sealed": 7}

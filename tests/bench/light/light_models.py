"""`model_placement` on some cases of each number of GPUs, without its best baselines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from evaluators.contract import Split
from evaluators.problems.model_placement.problem import ModelPlacement
from tests.bench.hiding import Hiding


class LightModels(Hiding, ModelPlacement):
    """15 search, 5 selection and 50 sealed workloads."""

    hidden = ("local_search", "bisection_packing", "moves_that_pay", "bisection_numbered")
    per_family: ClassVar[Mapping[Split, int]] = {"search": 3, "selection": 1}

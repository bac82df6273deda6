"""`model_placement` as it is, without its best baselines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from evaluators.contract import Split
from tests.bench.light.light_models import LightModels


class WholeModels(LightModels):
    """30 search, 30 selection and 50 sealed workloads."""

    per_family: ClassVar[Mapping[Split, int]] = {}

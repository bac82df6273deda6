"""`prefix_reordering` as it is, without its best baselines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from evaluators.contract import Split
from tests.bench.light.light_prefix import LightPrefix


class WholePrefix(LightPrefix):
    """12 search, 16 selection and 24 sealed tables."""

    per_family: ClassVar[Mapping[Split, int]] = {}

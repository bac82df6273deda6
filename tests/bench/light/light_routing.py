"""`request_routing` on short traces, without its best baselines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from evaluators.contract import Split
from tests.bench.hiding import Hiding
from tests.bench.short_routing import ShortRouting


class LightRouting(Hiding, ShortRouting):
    """4 search, 4 selection and 8 sealed workloads."""

    hidden = ("prefix_affinity_sglang", "least_tokens", "kv_cost")
    left_out = ("accept_or_retry",)  # four times as long as the others
    per_family: ClassVar[Mapping[Split, int]] = {}

"""`request_scheduling` on so few requests that an evaluation takes a tenth of a second."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from evaluators.contract import Split
from tests.bench.light.light_scheduling import LightScheduling


class TinyScheduling(LightScheduling):
    """As the light one; the loads are higher because fewer requests build shorter queues."""

    requests: ClassVar[Mapping[Split, int]] = {"search": 80, "selection": 20, "sealed": 160}
    loads: ClassVar[Mapping[Split, tuple[float, ...]]] = {
        "search": (1.8,), "selection": (1.8,), "sealed": (1.6, 1.8)
    }  # fmt: skip

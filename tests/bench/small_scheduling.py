"""`request_scheduling` at a size at which dozens of searches can be compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from evaluators.contract import Split
from tests.bench.light_scheduling import LightScheduling


class SmallScheduling(LightScheduling):
    """As the light form, with a third of its requests, which arrive faster still."""

    requests: ClassVar[Mapping[Split, int]] = {"search": 60, "selection": 10, "sealed": 120}
    loads: ClassVar[Mapping[Split, tuple[float, ...]]] = {
        "search": (2.5,), "selection": (2.5,), "sealed": (1.7, 1.9)
    }  # fmt: skip

"""One broadcast: the regions, what their links cost and carry, and what is to be sent where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

GBIT_PER_GB = 8.0


@dataclass(frozen=True, slots=True)
class Broadcast:
    """A source, its destinations, and the grid between all regions.

    Limits and throughput are those of all the virtual machines of a region together.
    """

    price: np.ndarray  # float64[regions, regions], $/GB from row to column; 0 on the diagonal
    throughput: np.ndarray  # float64[regions, regions], Gbit/s from row to column; 0 likewise
    egress_limit: np.ndarray  # float64[regions], Gbit/s
    ingress_limit: np.ndarray  # float64[regions], Gbit/s
    source: int
    destinations: np.ndarray  # int64[destinations], distinct, without the source
    num_partitions: int
    volume_gb: float

    @property
    def num_regions(self) -> int:
        """Regions that may take part."""
        return len(self.price)

    @property
    def partition_gb(self) -> float:
        """The volume of one partition."""
        return self.volume_gb / self.num_partitions

    def content(self) -> dict[str, np.ndarray]:
        """As a workload holds it: read-only arrays by field name."""
        arrays = {f.name: np.array(getattr(self, f.name)) for f in fields(self)}
        for array in arrays.values():
            array.setflags(write=False)
        return arrays


def broadcast_of(content: Mapping[str, np.ndarray]) -> Broadcast:
    """The broadcast that a workload's content holds."""
    arrays = {f.name: content[f.name] for f in fields(Broadcast)}
    plain: dict[str, Any] = {name: a.item() if a.ndim == 0 else a for name, a in arrays.items()}
    return Broadcast(**plain)

"""What a user may set of the broadcasts that are drawn."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

_LEAST = {"num_destinations": 0, "slow_links": 0.0, "vm_usd_per_hour": 0.0}
MOST_DESTINATIONS = 12  # the exact bound takes 3^destinations steps
MOST_PARTITIONS = 1000
_MOST = {
    "num_destinations": MOST_DESTINATIONS, "num_partitions": MOST_PARTITIONS, "slow_links": 1.0,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class BroadcastParameters:
    """Transfer and prices; the defaults are those of the published instances.

    `num_vms` is how many virtual machines work in every region that takes part, at
    `vm_usd_per_hour` each (m5.8xlarge spot); it counts for drawn and for published instances. Of
    drawn ones alone: `volume_gb` to send in `num_partitions` equal parts to `num_destinations`
    regions (0: 5 to 8, drawn), and the share of links, `slow_links`, that have a tenth of their
    throughput. Raises ValueError for numbers that make no broadcast.
    """

    num_vms: int = 2
    vm_usd_per_hour: float = 0.54
    num_partitions: int = 10
    volume_gb: float = 300.0
    num_destinations: int = 0
    slow_links: float = 0.0

    def __post_init__(self) -> None:
        for f in fields(self):
            value = getattr(self, f.name)
            least, most = _LEAST.get(f.name, 1), _MOST.get(f.name, math.inf)
            if not value >= least:
                raise ValueError(f"{f.name}={value}, expected at least {least}")
            if value > most:
                raise ValueError(f"{f.name}={value}, expected at most {most}")

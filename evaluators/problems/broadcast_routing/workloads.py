"""Broadcasts drawn from fixed seeds, each on a grid of its own.

Families are those of the published instances: within one provider (`aws`, `azure`, `gcp`), or
between all three (`inter`). Every workload is one cluster.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np

from evaluators.contract import Split, Workload
from evaluators.problems.broadcast_routing.grid import (
    EGRESS_GBIT_S,
    INGRESS_GBIT_S,
    PROVIDERS,
    Grid,
    draw_grid,
)
from evaluators.problems.broadcast_routing.instance import Broadcast
from evaluators.problems.broadcast_routing.parameters import BroadcastParameters
from evaluators.seeding import seeded

FAMILIES = (*PROVIDERS, "inter")
COPIES: Mapping[Split, int] = {"search": 3, "selection": 3, "sealed": 6, "tiny": 1}  # of a family
LEAST_DRAWN_DESTINATIONS, MOST_DRAWN_DESTINATIONS = 5, 8  # the published instances have 6 or 7
# Five regions, so that all plans can be enumerated: by family, of every provider.
TINY_REGIONS: Mapping[str, Mapping[str, int]] = {
    "aws": {"aws": 5},
    "azure": {"azure": 5},
    "gcp": {"gcp": 5},
    "inter": {"aws": 2, "azure": 1, "gcp": 2},
}
TINY_DESTINATIONS, TINY_PARTITIONS = (2, 3), 2


@cache
def make_workloads(
    split: Split, parameters: BroadcastParameters, salt: str = ""
) -> tuple[Workload, ...]:
    """The workloads of a split, those of one family side by side."""
    return tuple(
        _make_workload(split, family, index, parameters, salt)
        for family in FAMILIES
        for index in range(COPIES[split])
    )


def _make_workload(
    split: Split, family: str, index: int, parameters: BroadcastParameters, salt: str
) -> Workload:
    name = f"{split}|{family}|{index}"
    rng = seeded("broadcast_routing", name, salt)
    grid = draw_grid(rng, TINY_REGIONS[family] if split == "tiny" else None, parameters.slow_links)
    broadcast = _draw_broadcast(rng, grid, family, split == "tiny", parameters)
    return Workload(
        id=f"{split}-{family}-{index}", family=family, cluster=name, content=broadcast.content()
    )


def _draw_broadcast(
    rng: np.random.Generator, grid: Grid, family: str, is_tiny: bool, p: BroadcastParameters
) -> Broadcast:
    drawn = (LEAST_DRAWN_DESTINATIONS, MOST_DRAWN_DESTINATIONS)
    number = int(rng.integers(*(TINY_DESTINATIONS if is_tiny else drawn), endpoint=True))
    if p.num_destinations and not is_tiny:
        number = p.num_destinations
    source, destinations = _draw_ends(rng, grid.provider, family, number)
    limits = (np.array([x[g] for g in grid.provider]) for x in (EGRESS_GBIT_S, INGRESS_GBIT_S))
    egress_limit, ingress_limit = (p.num_vms * limit for limit in limits)
    return Broadcast(
        price=grid.price,
        throughput=p.num_vms * grid.throughput,
        egress_limit=egress_limit,
        ingress_limit=ingress_limit,
        source=source,
        destinations=destinations,
        num_partitions=TINY_PARTITIONS if is_tiny else p.num_partitions,
        volume_gb=float(p.volume_gb),
    )


def _draw_ends(
    rng: np.random.Generator, provider: np.ndarray, family: str, number: int
) -> tuple[int, np.ndarray]:
    """Source and destinations. Those between providers start in gcp, as the published ones do."""
    may_start = provider == ("gcp" if family == "inter" else family)
    source = int(rng.choice(np.flatnonzero(may_start)))
    takes_part = (provider == family) | (family == "inter")
    takes_part[source] = False
    return source, rng.choice(np.flatnonzero(takes_part), number, replace=False)

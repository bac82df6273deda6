"""What no plan can beat."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from evaluators.contract import Bound
from evaluators.problems.broadcast_routing.instance import GBIT_PER_GB, Broadcast
from evaluators.problems.broadcast_routing.simulator import SECONDS_PER_HOUR

COST_PROOF = (
    "every partition crosses the links of a tree from the source to all destinations, the cheapest"
    " of which is found exactly (directed Steiner tree, Dreyfus and Wagner 1971); source and"
    " destinations keep their machines for at least the bound of transfer_time"
)
TIME_PROOF = (
    "the source sends, and every destination receives, each partition at least once, over links and"
    " machines of limited rate"
)


def limits(broadcast: Broadcast, region_usd_per_hour: float) -> Mapping[str, Bound]:
    """Proved limits of the exact objectives; the measured one has none above zero."""
    time_s = transfer_time_bound_s(broadcast)
    regions = 1 + len(broadcast.destinations)
    vm_usd = regions * region_usd_per_hour * time_s / SECONDS_PER_HOUR
    return {
        "cost": Bound(egress_bound_usd(broadcast) + vm_usd, "bound", COST_PROOF),
        "transfer_time": Bound(time_s, "bound", TIME_PROOF),
        "decision_cpu": Bound(0.0, "bound", "time is not negative"),
    }


def transfer_time_bound_s(broadcast: Broadcast) -> float:
    """Seconds that the source, or one of the destinations, needs at least."""
    b = broadcast
    out = np.minimum(b.throughput[b.source], b.ingress_limit).sum()
    into = np.minimum(b.throughput[:, b.destinations], b.egress_limit[:, None]).sum(axis=0)
    received = np.minimum(into, b.ingress_limit[b.destinations]).min()
    slowest = min(out, b.egress_limit[b.source], received)
    return float(GBIT_PER_GB * b.volume_gb / slowest)


def egress_bound_usd(broadcast: Broadcast) -> float:
    """Dollars: the volume over the cheapest tree, which every partition could use."""
    b = broadcast
    return b.volume_gb * cheapest_tree(b.price, b.source, b.destinations)


def cheapest_tree(price: np.ndarray, source: int, destinations: np.ndarray) -> float:
    """Price of the cheapest tree from the source to all destinations, in 3^destinations steps.

    tree[S][v], the cheapest tree from v to the destinations in the set S, either begins with a way
    to some u, or parts in v into a tree for A and one for the rest of S.

    Args:
        price: float64[regions, regions], not negative, from row to column.
        source: where the tree begins.
        destinations: int64[destinations].
    """
    way = shortest_ways(price)
    everything = 2 ** len(destinations) - 1
    tree = np.empty((everything + 1, len(price)))
    for number, destination in enumerate(destinations):
        tree[1 << number] = way[:, destination]
    for chosen in range(1, everything + 1):
        if chosen & (chosen - 1):  # more than one
            parts = [a for a in _proper_subsets(chosen) if a > chosen ^ a]
            rest = [chosen ^ a for a in parts]
            parted = (tree[parts] + tree[rest]).min(axis=0)
            tree[chosen] = (way + parted).min(axis=1)
    return float(tree[everything, source])


def shortest_ways(price: np.ndarray) -> np.ndarray:
    """float64[regions, regions]: the price of the cheapest way from row to column."""
    way = price.copy()
    for via in range(len(way)):
        np.minimum(way, way[:, via, None] + way[via], out=way)
    return way


def _proper_subsets(chosen: int) -> list[int]:
    subsets, subset = [], (chosen - 1) & chosen
    while subset:
        subsets.append(subset)
        subset = (subset - 1) & chosen
    return subsets

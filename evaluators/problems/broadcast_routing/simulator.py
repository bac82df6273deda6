"""What a plan of a broadcast costs, and how long it takes.

A plan names, for every partition and region, the region that feeds it. Only what lies on the way
from the source to a destination counts. Prices and throughput are the problem's own: a plan holds
region numbers and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaluators.contract import Measurements, Observation
from evaluators.errors import InvalidAction
from evaluators.problems.broadcast_routing.instance import GBIT_PER_GB, Broadcast

SHOWN_OF_CIRCLE = 6  # regions named in a message
SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Plan:
    """One tree per partition, without what reaches no destination.

    `feeder` int64[partitions, regions]: the region that sends the partition to each region.
    `is_fed` bool[partitions, regions]: whether the region takes part in the partition's tree; the
    source is never fed.
    """

    feeder: np.ndarray
    is_fed: np.ndarray


def plan_of(parent: np.ndarray, broadcast: Broadcast) -> Plan:
    """The trees of an answer. A region that is its own parent is fed by the source.

    Args:
        parent: int64[partitions, regions], 0 <= parent < regions.
        broadcast: what is sent.

    Raises:
        InvalidAction: a destination is fed in a circle.
    """
    source, destinations = broadcast.source, broadcast.destinations
    feeder = np.where(parent == np.arange(broadcast.num_regions), source, parent)
    rows = np.arange(len(parent))[:, None]
    at = np.tile(destinations, (len(parent), 1))
    is_fed = np.zeros(parent.shape, dtype=bool)
    for _ in range(broadcast.num_regions):
        if (at == source).all():
            is_fed[:, source] = False
            return Plan(feeder, is_fed)
        is_fed[rows, at] = True
        at = np.where(at == source, source, feeder[rows, at])
    partition, index = np.argwhere(at != source)[0]
    raise InvalidAction(_circle(feeder, int(partition), int(destinations[index])))


def _circle(feeder: np.ndarray, partition: int, destination: int) -> str:
    chain = [destination]
    while chain[-1] not in chain[:-1]:
        chain.append(int(feeder[partition, chain[-1]]))
    names = [str(region) for region in chain[:SHOWN_OF_CIRCLE]]
    shown = " <- ".join(names + (["..."] if len(chain) > SHOWN_OF_CIRCLE else []))
    return (
        f"partition {partition}: destination {destination} is fed in a circle ({shown});"
        " following parents from a destination must lead to the source"
    )


def traffic_gb(plan: Plan, broadcast: Broadcast) -> np.ndarray:
    """float64[regions, regions], GB sent from row to column: a partition once over each link."""
    partitions, regions = np.nonzero(plan.is_fed)
    sent = np.zeros(broadcast.price.shape)
    np.add.at(sent, (plan.feeder[partitions, regions], regions), broadcast.partition_gb)
    return sent


def transfer_time_s(sent_gb: np.ndarray, broadcast: Broadcast) -> float:
    """Seconds until every destination has everything.

    All partitions flow at once, each region passing on what arrives, and rates are shared in
    proportion to what is sent: the busiest link, sender or receiver decides. These are the
    constraints of the planner in the Cloudcast paper (NSDI'24).

    Args:
        sent_gb: float64[regions, regions], GB from row to column.
        broadcast: limits of links and regions.
    """
    gbit = GBIT_PER_GB * sent_gb
    used = gbit > 0
    on_links = (gbit[used] / broadcast.throughput[used]).max(initial=0.0)
    out = (gbit.sum(axis=1) / broadcast.egress_limit).max()
    into = (gbit.sum(axis=0) / broadcast.ingress_limit).max()
    return float(max(on_links, out, into))


def regions_taking_part(sent_gb: np.ndarray) -> int:
    """How many regions send or receive."""
    return int(((sent_gb > 0).any(axis=0) | (sent_gb > 0).any(axis=1)).sum())


def observation_of(broadcast: Broadcast) -> Observation:
    """What a policy is shown: copies, so that it may write to them."""
    return {
        "price": broadcast.price.copy(),
        "throughput": broadcast.throughput.copy(),
        "egress_limit": broadcast.egress_limit.copy(),
        "ingress_limit": broadcast.ingress_limit.copy(),
        "source": broadcast.source,
        "destinations": broadcast.destinations.copy(),
        "num_partitions": broadcast.num_partitions,
        "volume_gb": broadcast.volume_gb,
    }


def measure(plan: Plan, broadcast: Broadcast, region_usd_per_hour: float) -> Measurements:
    """Objectives and breakdown of a plan. `region_usd_per_hour`: all VMs of one region."""
    sent_gb = traffic_gb(plan, broadcast)
    time_s, regions = transfer_time_s(sent_gb, broadcast), regions_taking_part(sent_gb)
    egress_usd = float((sent_gb * broadcast.price).sum())
    vm_usd = regions * region_usd_per_hour * time_s / SECONDS_PER_HOUR
    values = {"cost": egress_usd + vm_usd, "transfer_time": time_s}
    breakdown = {
        "egress_usd": egress_usd,
        "vm_usd": vm_usd,
        "relay_regions": float(regions - 1 - len(broadcast.destinations)),
        "links": float(np.count_nonzero(sent_gb)),
    }
    return Measurements(values, breakdown)

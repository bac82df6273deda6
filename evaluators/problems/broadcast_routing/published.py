"""What the public evaluators of this problem would make of a plan, to compare with their figures.

Shown in the breakdown of published instances, never an objective. Both share a region's limit
equally among its links, region by region in the order in which a plan names them, and charge the
virtual machines for the transfer time. They differ in that time: one divides the GB of a single
partition by Gbit/s, whatever else its links carry; the other counts the Gbit of all partitions
over the slowest link. README.md says what follows from that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain

from evaluators.problems.broadcast_routing.instance import GBIT_PER_GB, Broadcast
from evaluators.problems.broadcast_routing.simulator import SECONDS_PER_HOUR, Plan

Link = tuple[int, int]
Route = list[Link]


def published_usd(
    plan: Plan, broadcast: Broadcast, region_usd_per_hour: float
) -> Mapping[str, float]:
    """Dollars by the evaluator of SkyDiscover and by that of the ADRS leaderboard."""
    routes = {
        (d, p): _route(plan, broadcast.source, int(d), p)
        for d in broadcast.destinations.tolist()
        for p in range(broadcast.num_partitions)
    }
    carried: dict[Link, set[int]] = {}
    for (_, partition), route in routes.items():
        for link in route:
            carried.setdefault(link, set()).add(partition)
    flow = _flows(carried, broadcast)
    part_gb = broadcast.partition_gb
    egress_usd = sum(len(ps) * part_gb * broadcast.price[link] for link, ps in carried.items())
    regions = len(set(chain.from_iterable(carried)))

    def usd(time_s: float) -> float:
        vm_usd = regions * region_usd_per_hour / SECONDS_PER_HOUR * round(time_s, 2)
        return float(egress_usd + vm_usd)

    slowest = min(min(flow[link] for link in route) for route in routes.values())
    longest = max(len(ps) * part_gb * GBIT_PER_GB / flow[link] for link, ps in carried.items())
    return {
        "skydiscover_usd": usd(part_gb / slowest),
        "leaderboard_usd": usd(longest),
    }


def _route(plan: Plan, source: int, destination: int, partition: int) -> Route:
    """The links from the source to a destination, in order."""
    route: Route = []
    region = destination
    while region != source:
        feeder = int(plan.feeder[partition, region])
        route.insert(0, (feeder, region))
        region = feeder
    return route


def _flows(links: Iterable[Link], broadcast: Broadcast) -> dict[Link, float]:
    """Gbit/s of every link."""
    flow = {link: float(broadcast.throughput[link]) for link in links}
    for region in dict.fromkeys(chain.from_iterable(flow)):
        into = [link for link in flow if link[1] == region]
        out = [link for link in flow if link[0] == region]
        _share(flow, into, float(broadcast.ingress_limit[region]))
        _share(flow, out, float(broadcast.egress_limit[region]))
    return flow


def _share(flow: dict[Link, float], links: list[Link], limit: float) -> None:
    if sum(flow[link] for link in links) > limit:
        for link in links:
            flow[link] = min(flow[link], limit / len(links))

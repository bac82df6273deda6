"""The problem `broadcast_routing`: over which links data goes from one cloud region to several.

Entry: `route_broadcast(price, throughput, egress_limit, ingress_limit, source, destinations,
num_partitions, ...)`. README.md has model and sources.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace

from evaluators.contract import (
    Action,
    Bound,
    Forgery,
    Measurements,
    Objective,
    Observation,
    Policy,
    Problem,
    Split,
    Variation,
    Workload,
)
from evaluators.problems.broadcast_routing import bounds
from evaluators.problems.broadcast_routing.broadcast_files import read_workloads
from evaluators.problems.broadcast_routing.forgeries import FORGERIES
from evaluators.problems.broadcast_routing.grid import NUM_REGIONS
from evaluators.problems.broadcast_routing.instance import Broadcast, broadcast_of
from evaluators.problems.broadcast_routing.parameters import BroadcastParameters
from evaluators.problems.broadcast_routing.published import published_usd
from evaluators.problems.broadcast_routing.settings import UNVARIED, VARIATIONS
from evaluators.problems.broadcast_routing.simulator import (
    measure,
    observation_of,
    plan_of,
)
from evaluators.problems.broadcast_routing.workloads import (
    MOST_DRAWN_DESTINATIONS,
    TINY_PARTITIONS,
    make_workloads,
)
from evaluators.resources import seed_policies, statement
from evaluators.signature import Array, Scalar, Signature, Values

OBJECTIVES = (
    Objective(
        "cost", "$", "lower", "exact",
        reference=160.0,  # what `direct` comes to
        worst=2000.0,
        resolution=0.1,  # a thousandth of the least that a broadcast costs
        doc="egress of all links and machines of all regions taking part, a mean over broadcasts",
    ),
    Objective(
        "transfer_time", "s", "lower", "exact",
        reference=1100.0,  # what `direct` comes to
        worst=20_000.0,
        resolution=1.0,
        doc="until every destination has every partition, a mean over broadcasts",
    ),
    Objective(
        "decision_cpu", "x dijkstra", "lower", "measured",
        reference=100.0,  # four times a Steiner tree per partition, in numpy
        worst=1000.0,
        resolution=0.1,
        doc="CPU time per decision as a ratio to that of dijkstra",
    ),
)  # fmt: skip


class BroadcastRouting(Problem):
    """Choose a distribution tree for every partition of a broadcast between cloud regions."""

    name = "broadcast_routing"
    version = 1
    Parameters = BroadcastParameters
    parameters: BroadcastParameters
    objectives = OBJECTIVES
    reference_policy = "dijkstra"
    unvaried = UNVARIED

    def __init__(
        self, parameters: BroadcastParameters | None = None, workload_file: str | None = None
    ) -> None:
        """Raises UsageError for a folder that holds no grid and broadcasts."""
        self.parameters = p = parameters or BroadcastParameters()
        self._published = read_workloads(workload_file, p.num_vms) if workload_file else ()
        self.signature = _signature(p, [broadcast_of(w.content) for w in self._published])
        self.statement = statement(self.name)

    def workloads(self, split: Split) -> Sequence[Workload]:
        if split != "sealed":
            return make_workloads(split, self.parameters)
        return self._published or make_workloads(split, self.parameters, self.salt)

    def given(self, workload: Workload) -> Values:
        return {"region_usd_per_hour": self._region_usd_per_hour}

    def episode(self, workload: Workload) -> Generator[Observation, Action, Measurements]:
        broadcast, usd_per_hour = broadcast_of(workload.content), self._region_usd_per_hour
        action = yield observation_of(broadcast)
        plan = plan_of(action["parent"], broadcast)
        measured = measure(plan, broadcast, usd_per_hour)
        if not workload.spans:
            return measured
        published = published_usd(plan, broadcast, usd_per_hour)
        return replace(measured, breakdown={**measured.breakdown, **published})

    def baselines(self) -> Mapping[str, Policy]:
        return seed_policies(self.name)

    def limits(self, workload: Workload) -> Mapping[str, Bound]:
        return bounds.limits(broadcast_of(workload.content), self._region_usd_per_hour)

    def variations(self) -> Sequence[Variation]:
        return VARIATIONS

    def forgeries(self) -> Mapping[str, Forgery]:
        return FORGERIES

    @property
    def _region_usd_per_hour(self) -> float:
        return self.parameters.num_vms * self.parameters.vm_usd_per_hour


def _signature(parameters: BroadcastParameters, published: Sequence[Broadcast]) -> Signature:
    """The entry's fields, with maxima that drawn and published broadcasts need."""
    destinations = max(parameters.num_destinations, MOST_DRAWN_DESTINATIONS)
    partitions = max(parameters.num_partitions, TINY_PARTITIONS)
    return Signature(
        entry="route_broadcast",
        given=(
            Scalar(
                "region_usd_per_hour", "float64", unit="$/h", low=0,
                doc="price of the machines of one region that takes part",
            ),
        ),
        observation=(
            Array(
                "price", "float64", ("regions", "regions"), unit="$/GB", low=0,
                doc="egress from row to column, 0 on the diagonal",
            ),
            Array(
                "throughput", "float64", ("regions", "regions"), unit="Gbit/s", low=0,
                doc="of the link from row to column, 0 on the diagonal",
            ),
            Array(
                "egress_limit", "float64", ("regions",), unit="Gbit/s", low=0,
                doc="of all that a region sends",
            ),
            Array(
                "ingress_limit", "float64", ("regions",), unit="Gbit/s", low=0,
                doc="of all that a region receives",
            ),
            Scalar("source", "int64", index_of="regions", doc="the region that has the data"),
            Array(
                "destinations", "int64", ("destinations",), index_of="regions",
                doc="the regions that are to have it, without the source",
            ),
            Scalar("num_partitions", "int64", low=1, doc="equal parts of the data"),
            Scalar("volume_gb", "float64", unit="GB", low=0, doc="all parts together"),
        ),
        action=(
            Array(
                "parent", "int64", ("num_partitions", "regions"), index_of="regions",
                doc="the region that sends the partition to each region",
            ),
        ),
        maxima={
            "regions": max([NUM_REGIONS, *(b.num_regions for b in published)]),
            "destinations": max([destinations, *(len(b.destinations) for b in published)]),
            "num_partitions": max([partitions, *(b.num_partitions for b in published)]),
        },
    )  # fmt: skip

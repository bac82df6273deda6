"""No plan beats the bounds, and the tree's price is exact."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.errors import InvalidAction
from evaluators.playing import trusted_policy
from evaluators.problems.broadcast_routing.bounds import (
    cheapest_tree,
    egress_bound_usd,
    limits,
    shortest_ways,
    transfer_time_bound_s,
)
from evaluators.problems.broadcast_routing.problem import BroadcastRouting
from evaluators.problems.broadcast_routing.simulator import measure, plan_of
from tests.evaluators.problems.broadcast_routing.cases import (
    broadcasts,
    links_by_hand,
    random_broadcast,
    random_parents,
)

PROBLEM = BroadcastRouting()


def every_tree(broadcast):
    """Every distinct set of links that a partition can take, with parents that lead to it."""
    regions, source = broadcast.num_regions, broadcast.source
    found = {}
    for others in product(range(regions), repeat=regions - 1):
        row = np.insert(others, source, source)
        try:
            plan = plan_of(row[None], broadcast)
        except InvalidAction:
            continue
        links = frozenset((int(plan.feeder[0, r]), int(r)) for r in np.flatnonzero(plan.is_fed[0]))
        found.setdefault(links, row)
    return found


@given(st.integers(0, 2**32 - 1), st.integers(1, 3))
def test_the_cheapest_tree_is_exact(seed, number):
    broadcast = random_broadcast(np.random.default_rng(seed), 4, number, 1)
    prices = [sum(broadcast.price[link] for link in links) for links in every_tree(broadcast)]
    found = cheapest_tree(broadcast.price, broadcast.source, broadcast.destinations)
    assert found == pytest.approx(min(prices))


@given(broadcasts())
def test_no_plan_beats_the_bounds(case):
    broadcast, rng = case
    bounds = limits(broadcast, 2.0)
    for _ in range(5):
        plan = plan_of(random_parents(rng, broadcast), broadcast)
        for name, value in measure(plan, broadcast, 2.0).values.items():
            assert value >= bounds[name].value - 1e-9


@given(broadcasts(most_regions=9))
def test_the_exact_policy_attains_the_bound_of_egress(case):
    broadcast, _ = case
    parent = answer("steiner_exact", broadcast)
    price = measure(plan_of(parent, broadcast), broadcast, 0.0).values["cost"]
    assert price == pytest.approx(egress_bound_usd(broadcast), abs=1e-9)
    nearest = measure(plan_of(answer("steiner_nearest", broadcast), broadcast), broadcast, 0.0)
    assert nearest.values["cost"] >= price - 1e-9


@given(broadcasts())
def test_dijkstra_pays_the_shortest_way_to_each(case):
    broadcast, _ = case
    ways = shortest_ways(broadcast.price)
    (links, *_) = links_by_hand(answer("dijkstra", broadcast), broadcast)
    for destination in broadcast.destinations.tolist():
        paid, region = 0.0, destination
        while region != broadcast.source:
            feeder = next(u for u, v in links if v == region)
            paid, region = paid + broadcast.price[feeder, region], feeder
        assert paid == pytest.approx(ways[broadcast.source, destination])


def test_time_is_bound_by_source_and_destinations():
    broadcast = random_broadcast(np.random.default_rng(0), 3, 2, 1)
    broadcast.egress_limit[:] = broadcast.ingress_limit[:] = 100
    broadcast.throughput[:] = 50
    broadcast.ingress_limit[broadcast.destinations[1]] = 2
    assert transfer_time_bound_s(broadcast) == pytest.approx(8 * 30 / 2)
    broadcast.egress_limit[broadcast.source] = 1
    assert transfer_time_bound_s(broadcast) == pytest.approx(8 * 30 / 1)


def answer(name, broadcast):
    seen = {f.name: getattr(broadcast, f.name) for f in PROBLEM.signature.observation}
    given = {"region_usd_per_hour": 1.0, "seed": 0}
    return np.array(trusted_policy(PROBLEM, PROBLEM.baselines()[name], given)(seen))

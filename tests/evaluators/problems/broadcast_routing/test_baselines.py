"""The seed policies do what their sources describe, and leave something to find."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.contract import Policy
from evaluators.playing import play
from evaluators.problems.broadcast_routing.instance import broadcast_of
from evaluators.problems.broadcast_routing.problem import BroadcastRouting
from evaluators.problems.broadcast_routing.simulator import measure, plan_of
from evaluators.scoring import aggregate
from tests.evaluators.problems.broadcast_routing.cases import links_by_hand, random_broadcast
from tests.evaluators.problems.broadcast_routing.test_bounds import answer, every_tree

PROBLEM = BroadcastRouting()


@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.integers(1, 12))
def test_every_size_gets_a_valid_plan(seed, destinations, partitions):
    broadcast = random_broadcast(np.random.default_rng(seed), 6, destinations, partitions)
    for name in PROBLEM.baselines():
        parent = answer(name, broadcast)
        assert parent.shape == (partitions, 6)
        measure(plan_of(parent, broadcast), broadcast, 1.0)


@given(st.integers(0, 2**32 - 1))
def test_widest_paths_are_widest(seed):
    broadcast = random_broadcast(np.random.default_rng(seed), 4, 1, 1)
    limit = np.minimum(broadcast.egress_limit[:, None], broadcast.ingress_limit)
    width = np.minimum(broadcast.throughput, limit)
    best = max(min(width[link] for link in links) for links in every_tree(broadcast))
    (links,) = links_by_hand(answer("widest_paths", broadcast), broadcast)
    assert min(width[link] for link in links) == best


def test_scatter_sends_each_partition_once_from_the_source():
    for w in PROBLEM.workloads("search"):
        broadcast = broadcast_of(w.content)
        trees = links_by_hand(answer("scatter_allgather", broadcast), broadcast)
        assert [sum(u == broadcast.source for u, _ in links) for links in trees] == [1] * 10


def test_stripes_take_different_trees():
    broadcast = broadcast_of(PROBLEM.workloads("search")[0].content)
    assert len(np.unique(answer("striped_dijkstra", broadcast), axis=0)) == 4


@pytest.mark.parametrize(
    ("number", "changed"), [("PREMIUM = 0.02", "PREMIUM = 0.003"), ("= 4.0  # of", "= 8.0  # of")]
)
def test_there_is_something_to_find(number, changed):
    """Between the cheap and the fast end, other constants are not dominated by any baseline."""
    source = PROBLEM.baselines()["congestion_prices"].source
    assert source.count(number) == 1
    found = overall(Policy("changed", source.replace(number, changed)))
    for policy in PROBLEM.baselines().values():
        assert any(a < b for a, b in zip(found, overall(policy), strict=True)), policy.name


def overall(policy):
    """Cost and transfer time on search."""
    workloads = PROBLEM.workloads("search")
    values = {w.id: play(PROBLEM, w, policy)[0].values for w in workloads}
    return [
        aggregate(o, workloads, {k: v[o.name] for k, v in values.items()})
        for o in PROBLEM.objectives[:2]
    ]

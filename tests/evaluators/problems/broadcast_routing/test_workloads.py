"""What is drawn: enough of it, of the published kind, and as the parameters say."""

from __future__ import annotations

import numpy as np
import pytest

from evaluators.errors import UsageError
from evaluators.problems.broadcast_routing.grid import NUM_REGIONS, draw_grid
from evaluators.problems.broadcast_routing.instance import broadcast_of
from evaluators.problems.broadcast_routing.problem import BroadcastRouting
from evaluators.registry import ProblemSpec
from evaluators.stats import LEAST_CLUSTERS

PROBLEM = BroadcastRouting()


def drawn(split, **parameters):
    problem = ProblemSpec("broadcast_routing", parameters).load()
    return [broadcast_of(w.content) for w in problem.workloads(split)]


@pytest.mark.parametrize(("split", "least"), [("selection", LEAST_CLUSTERS), ("sealed", 15)])
def test_there_are_clusters_for_an_interval(split, least):
    assert len({w.cluster for w in PROBLEM.workloads(split)}) >= least


@pytest.mark.parametrize("split", ["search", "selection", "sealed"])
def test_instances_are_of_the_published_kind(split):
    for w in PROBLEM.workloads(split):
        b, provider = broadcast_of(w.content), draw_grid(np.random.default_rng(0)).provider
        assert b.num_regions == NUM_REGIONS == 71
        assert 5 <= len(b.destinations) <= 8
        assert (b.num_partitions, b.volume_gb) == (10, 300.0)
        ends = {*b.destinations.tolist(), b.source}
        assert len(ends) == 1 + len(b.destinations)
        assert w.family == "inter" or {provider[e] for e in ends} == {w.family}
        off = ~np.eye(71, dtype=bool)
        assert (b.price[off] > 0).all()
        assert (b.throughput[off] > 0).all()
        assert (np.diag(b.price) == 0).all()
        assert (np.diag(b.throughput) == 0).all()


def test_parameters_do_what_they_say():
    usual = drawn("search")
    assert {len(b.destinations) for b in drawn("search", num_destinations="10")} == {10}
    assert {b.num_partitions for b in drawn("search", num_partitions="40")} == {40}
    assert {b.volume_gb for b in drawn("search", volume_gb="5")} == {5.0}
    for one, two in zip(drawn("search", num_vms="1"), usual, strict=True):
        assert np.allclose(2 * one.throughput, two.throughput)
        assert np.allclose(2 * one.egress_limit, two.egress_limit)
    slowed = [
        np.mean(slow.throughput < 0.11 * two.throughput)
        for slow, two in zip(drawn("search", slow_links="0.1"), usual, strict=True)
    ]
    assert np.mean(slowed) == pytest.approx(0.1, abs=0.01)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"num_vms": "0"}, "num_vms=0, expected at least 1"),
        ({"num_destinations": "13"}, "expected at most 12"),
        ({"slow_links": "1.5"}, "slow_links=1.5, expected at most 1.0"),
        ({"num_partitions": "1001"}, "expected at most 1000"),
        ({"vm_usd_per_hour": "-1"}, "expected at least 0"),
    ],
)
def test_bad_numbers_are_refused(parameters, message):
    with pytest.raises(UsageError, match=message):
        ProblemSpec("broadcast_routing", parameters).load()

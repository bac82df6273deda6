"""What a plan costs, as properties."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from evaluators.errors import InvalidAction
from evaluators.problems.broadcast_routing.instance import Broadcast, broadcast_of
from evaluators.problems.broadcast_routing.simulator import (
    measure,
    observation_of,
    plan_of,
    traffic_gb,
    transfer_time_s,
)
from tests.evaluators.problems.broadcast_routing.cases import (
    broadcasts,
    links_by_hand,
    random_parents,
)

LINE = Broadcast(  # 0 -> 1 -> 2 is cheap and slow, 0 -> 2 dear and fast
    price=np.array([[0, 0.01, 0.1], [0.5, 0, 0.02], [0.5, 0.5, 0]]),
    throughput=np.array([[0, 2, 10], [1, 0, 4], [1, 1, 0]], dtype=float),
    egress_limit=np.array([8.0, 8, 8]),
    ingress_limit=np.array([8.0, 8, 8]),
    source=0,
    destinations=np.array([2]),
    num_partitions=2,
    volume_gb=20.0,
)


def measured(parent, broadcast, usd_per_hour=1.0):
    return measure(plan_of(np.array(parent), broadcast), broadcast, usd_per_hour)


def test_a_plan_by_hand():
    m = measured([[0, 0, 1], [0, 1, 0]], LINE, usd_per_hour=36.0)
    # partition 0 takes 0 -> 1 -> 2, partition 1 the direct link; 10 GB each
    # 80 Gbit: 40 s on 0 -> 1, 20 s on 1 -> 2, 8 s on 0 -> 2; 160 Gbit out of 0 and into 2: 20 s
    assert m.values["transfer_time"] == 40.0
    assert m.breakdown["egress_usd"] == pytest.approx(10 * (0.01 + 0.02 + 0.1))
    assert m.values["cost"] == pytest.approx(1.3 + 3 * 0.01 * 40)
    assert m.breakdown["relay_regions"] == 1
    assert m.breakdown["links"] == 3


def test_the_senders_limit_counts():
    assert measured([[0, 0, 0], [0, 0, 0]], LINE).values["transfer_time"] == 20.0


@given(broadcasts())
def test_traffic_agrees_with_walking_link_by_link(case):
    broadcast, rng = case
    parent = random_parents(rng, broadcast)
    counts = Counter(link for tree in links_by_hand(parent, broadcast) for link in tree)
    expected = np.zeros(broadcast.price.shape)
    for link, partitions in counts.items():
        expected[link] = partitions * broadcast.partition_gb
    assert np.allclose(traffic_gb(plan_of(parent, broadcast), broadcast), expected)


@given(broadcasts())
def test_every_destination_receives_everything_once(case):
    broadcast, rng = case
    sent = traffic_gb(plan_of(random_parents(rng, broadcast), broadcast), broadcast)
    assert np.allclose(sent.sum(axis=0)[broadcast.destinations], broadcast.volume_gb)
    assert sent[:, broadcast.source].sum() == 0
    assert (np.diag(sent) == 0).all()
    relays = np.setdiff1d(np.flatnonzero(sent.sum(axis=0)), broadcast.destinations)
    assert (sent.sum(axis=1)[relays] > 0).all()  # nothing is sent where it is of no use
    assert (sent.sum(axis=0) <= broadcast.volume_gb + 1e-9).all()


@given(broadcasts())
def test_no_resource_is_used_beyond_its_rate(case):
    broadcast, rng = case
    sent = traffic_gb(plan_of(random_parents(rng, broadcast), broadcast), broadcast)
    gbit, time_s = 8 * sent, transfer_time_s(sent, broadcast) + 1e-9
    assert (gbit <= broadcast.throughput * time_s).all()
    assert (gbit.sum(axis=1) <= broadcast.egress_limit * time_s).all()
    assert (gbit.sum(axis=0) <= broadcast.ingress_limit * time_s).all()


@given(broadcasts())
def test_time_and_egress_grow_with_the_volume(case):
    broadcast, rng = case
    parent = random_parents(rng, broadcast)
    double = replace(broadcast, volume_gb=2 * broadcast.volume_gb)
    once, twice = measured(parent, broadcast, 0.0), measured(parent, double, 0.0)
    for name, value in once.values.items():
        assert twice.values[name] == pytest.approx(2 * value)


@given(broadcasts())
def test_what_leads_to_no_destination_does_not_count(case):
    broadcast, rng = case
    parent = random_parents(rng, broadcast)
    plan = plan_of(parent, broadcast)
    elsewhere = rng.integers(broadcast.num_regions, size=parent.shape)  # circles and all
    changed = np.where(plan.is_fed, parent, elsewhere)
    assert measured(changed, broadcast) == measured(parent, broadcast)


@given(broadcasts())
def test_ones_own_parent_is_the_source(case):
    broadcast, _ = case
    own = np.tile(np.arange(broadcast.num_regions), (broadcast.num_partitions, 1))
    assert measured(own, broadcast) == measured(np.full_like(own, broadcast.source), broadcast)


@pytest.mark.parametrize("parent", [[[0, 2, 1], [0, 0, 0]], [[0, 0, 0], [1, 2, 1]]])
def test_circles_are_refused(parent):
    with pytest.raises(InvalidAction, match=r"partition \d: destination 2 is fed in a circle \(2 "):
        plan_of(np.array(parent), LINE)


def test_a_long_circle_is_cut_short():
    broadcast = replace(
        LINE, price=np.zeros((9, 9)), throughput=np.ones((9, 9)), destinations=np.array([8])
    )
    ring = np.array([[0, 8, 1, 2, 3, 4, 5, 6, 7]] * 2)
    with pytest.raises(InvalidAction, match=r"\(8 <- 7 <- 6 <- 5 <- 4 <- 3 <- \.\.\.\)"):
        plan_of(ring, broadcast)


def test_a_policy_that_writes_into_its_arguments_changes_nothing():
    content = LINE.content()
    seen = observation_of(broadcast_of(content))
    for value in seen.values():
        if isinstance(value, np.ndarray):
            value[...] = 0
    assert (broadcast_of(content).price == LINE.price).all()
    assert (broadcast_of(content).destinations == LINE.destinations).all()


def test_a_workloads_content_is_the_broadcast():
    again = broadcast_of(LINE.content())
    assert again.content().keys() == LINE.content().keys()
    assert all((again.content()[k] == v).all() for k, v in LINE.content().items())
    assert type(again.source) is int

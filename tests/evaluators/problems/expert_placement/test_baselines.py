"""The seed policies do what their sources describe, and leave something to find."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.contract import Policy
from evaluators.playing import play, trusted_policy
from evaluators.problems.expert_placement.problem import ExpertPlacement
from evaluators.problems.expert_placement.shape import DEEPSEEK_R1, QWEN3_30B, Shape
from evaluators.problems.expert_placement.simulator import replica_counts
from tests.bench.headroom_expert_placement import hypervolume, overall, played
from tests.evaluators.problems.expert_placement.improved import improved_policies

PROBLEM = ExpertPlacement()
SHAPES = [
    QWEN3_30B.shape,
    DEEPSEEK_R1.shape,
    Shape(12, 16, 4, 2, 4),
    Shape(12, 15, 3, 1, 5),
    Shape(12, 18, 3, 2, 6),  # three groups do not fit two nodes
    Shape(6, 6, 1, 1, 6),
]


def decide(name, load, shape, previous=None):
    constants = {k: getattr(shape, k) for k in shape.__slots__ if k != "num_experts"}
    policy = trusted_policy(PROBLEM, PROBLEM.baselines()[name], {**constants, "seed": 0})
    empty = np.full((load.shape[1], shape.num_replicas), -1)
    return policy({"load": load, "previous": empty if previous is None else previous})


def plain_packing(weight, packs):
    """Longest processing time first with equal counts, item by item."""
    total, content = [0.0] * packs, [[] for _ in range(packs)]
    for item in sorted(range(len(weight)), key=lambda i: -weight[i]):
        room = [p for p in range(packs) if len(content[p]) < len(weight) // packs]
        lightest = min(room, key=lambda p: total[p])
        content[lightest].append(item)
        total[lightest] += weight[item]
    return content


def plain_node(experts, weight, slots, gpus):
    """Replicate the hottest replica's expert, pack; the experts of every GPU."""
    chosen = list(experts)
    while len(chosen) < slots:
        chosen.append(max(experts, key=lambda e: weight[e] / chosen.count(e)))
    packed = plain_packing([weight[e] / chosen.count(e) for e in chosen], gpus)
    return [sorted(chosen[i] for i in gpu) for gpu in packed]


def plain_hierarchical(weight, shape):
    size = shape.num_experts // shape.num_groups
    groups = [range(g * size, (g + 1) * size) for g in range(shape.num_groups)]
    nodes = plain_packing([sum(weight[e] for e in g) for g in groups], shape.num_nodes)
    gpus = []
    for node in nodes:
        experts = sorted(e for g in node for e in groups[g])
        slots, count = shape.num_replicas // shape.num_nodes, shape.num_gpus // shape.num_nodes
        gpus += plain_node(experts, weight, slots, count)
    return gpus


def contents(placement, shape):
    return [sorted(gpu) for gpu in placement.reshape(shape.num_gpus, -1).tolist()]


@given(st.sampled_from([s for s in SHAPES if s.num_experts < 100]), st.integers(0, 2**32 - 1))
def test_global_agrees_with_plain_loops(shape, seed):
    load = np.random.default_rng(seed).gamma(0.5, 100, (3, 2, shape.num_experts))
    placement = decide("deepseek_global", load, shape)
    for layer, weight in enumerate(load.mean(axis=0)):
        expected = plain_node(range(shape.num_experts), weight, shape.num_replicas, shape.num_gpus)
        assert contents(placement[layer], shape) == expected


@given(st.sampled_from(SHAPES[2:4]), st.integers(0, 2**32 - 1))
def test_hierarchical_agrees_with_plain_loops(shape, seed):
    load = np.random.default_rng(seed).gamma(0.5, 100, (3, 2, shape.num_experts))
    placement = decide("deepseek_hierarchical", load, shape)
    for layer, weight in enumerate(load.mean(axis=0)):
        assert contents(placement[layer], shape) == plain_hierarchical(weight, shape)


def test_hierarchical_is_global_where_groups_do_not_fit_the_nodes():
    shape = SHAPES[4]
    load = np.random.default_rng(0).gamma(0.5, 100, (3, 2, shape.num_experts))
    placements = [decide(n, load, shape) for n in ("deepseek_hierarchical", "deepseek_global")]
    assert (placements[0] == placements[1]).all()


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", sorted(PROBLEM.baselines()))
def test_every_shape_gets_a_valid_placement(name, shape):
    rng = np.random.default_rng(0)
    loads = [
        rng.gamma(0.5, 100, (2, 3, shape.num_experts)),
        np.zeros((1, 2, shape.num_experts)),  # nothing was routed at all
        np.eye(shape.num_experts)[None, :2] * 1000,  # one expert has everything
    ]
    for load in loads:
        placement = decide(name, load, shape)
        assert (replica_counts(placement, shape.num_experts) > 0).all()
        again = decide(name, load, shape, placement)
        assert (replica_counts(again, shape.num_experts) > 0).all()


def test_serpentine_deals_in_a_zigzag():
    load = np.array([[[60.0, 50, 40, 30, 20, 10]]])
    placement = decide("serpentine", load, Shape(6, 6, 1, 1, 2))
    assert contents(placement[0], Shape(6, 6, 1, 1, 2)) == [[0, 3, 4], [1, 2, 5]]


def test_rebalancing_that_does_not_pay_moves_nothing():
    shape = QWEN3_30B.shape
    load = np.random.default_rng(0).gamma(0.5, 100, (1, 2, shape.num_experts))
    placement = decide("rebalance_when_it_pays", load, shape)
    assert (decide("rebalance_when_it_pays", load * 1.01, shape, placement) == placement).all()
    hotter = load.copy()
    hotter[0, 1, 0] *= 1000  # only the second layer goes out of balance
    changed = decide("rebalance_when_it_pays", hotter, shape, placement)
    assert (changed[0] == placement[0]).all()
    assert (changed[1] != placement[1]).any()


def test_a_clairvoyant_is_far_better_and_nothing_is_not():
    for w in PROBLEM.workloads("search"):
        foreseen = PROBLEM.references(w)["clairvoyant deepseek_global"].values["balancedness"]
        published, nothing = (
            play(PROBLEM, w, PROBLEM.baselines()[n])[0].values["balancedness"]
            for n in ("deepseek_global", "contiguous")
        )
        assert foreseen > 0.99
        assert nothing + 0.2 < published < foreseen - 0.01


@pytest.mark.parametrize("policy", improved_policies(PROBLEM), ids=lambda p: p.name)
def test_improved_policies_join_the_front(policy):
    assert gain([policy]) > 0


def test_there_is_something_to_find():
    assert gain(improved_policies(PROBLEM)) > 0.04


def gain(policies: list[Policy]) -> float:
    """Share of the box that the policies add to the baselines' front on search."""
    workloads = PROBLEM.workloads("search")

    def points(chosen):
        return [overall(PROBLEM, workloads, played(PROBLEM, workloads, p)) for p in chosen]

    front = points(PROBLEM.baselines().values())
    return hypervolume(PROBLEM, front + points(policies)) - hypervolume(PROBLEM, front)

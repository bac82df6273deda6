"""Intervals cover, tests hold their level, and both go by clusters, not by workloads."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import permutation_test

from evaluators.stats import (
    LEAST_CLUSTERS,
    Interval,
    bootstrap,
    hierarchical,
    holm,
    paired_difference,
    permutation_p,
)


def rng(seed=0):
    return np.random.default_rng(seed)


def test_a_clear_difference_excludes_zero():
    noise = rng().normal(size=20)
    interval = paired_difference(noise + 3.0, noise, range(20), rng())
    assert interval.estimate == pytest.approx(3.0)
    assert interval.excludes_zero
    assert interval.clusters == 20


def test_a_policy_against_itself_shows_nothing():
    values = rng().normal(size=20)
    interval = paired_difference(values, values, range(20), rng())
    assert (interval.low, interval.estimate, interval.high) == (0.0, 0.0, 0.0)
    assert not interval.excludes_zero


def test_too_few_clusters_give_no_interval_and_say_so():
    clusters = [i % (LEAST_CLUSTERS - 1) for i in range(100)]
    interval = paired_difference(np.ones(100), np.zeros(100), clusters, rng())
    assert interval.estimate == 1.0
    assert interval.low is None
    assert interval.high is None
    assert not interval.excludes_zero
    assert "7 clusters, at least 8" in interval.note


def test_pairing_removes_what_workloads_have_in_common():
    hard = rng().normal(scale=100.0, size=12)
    interval = paired_difference(hard + 1.0, hard, range(12), rng())
    assert (interval.low, interval.high) == pytest.approx((1.0, 1.0))


def test_copies_of_a_workload_in_its_cluster_narrow_nothing():
    values = rng().normal(size=10)
    alone = paired_difference(values, np.zeros(10), range(10), rng())
    copied = paired_difference(
        np.repeat(values, 50), np.zeros(500), np.repeat(range(10), 50), rng()
    )
    assert copied.low == pytest.approx(alone.low)
    assert copied.high == pytest.approx(alone.high)


@pytest.mark.parametrize(("clusters", "least"), [(8, 0.90), (20, 0.92)])
def test_intervals_cover(clusters, least):
    draws = rng(1)
    hits = 0
    for _ in range(400):
        interval = paired_difference(
            draws.normal(size=clusters), np.zeros(clusters), range(clusters), draws, resamples=300
        )
        hits += not interval.excludes_zero
    assert least < hits / 400 < 0.985


def test_the_same_generator_gives_the_same_interval():
    values = rng().normal(size=15)
    args = (values, np.zeros(15), range(15))
    assert paired_difference(*args, rng(3)) == paired_difference(*args, rng(3))
    assert paired_difference(*args, rng(3)) != paired_difference(*args, rng(4))


def test_any_statistic_of_weights():
    values = rng().normal(size=30)
    clusters = [i // 3 for i in range(30)]
    seen = []

    def best_mean(weights):
        seen.append(weights)
        return float(np.average(values, weights=weights))

    interval = bootstrap(best_mean, clusters, rng(), resamples=200)
    assert interval.low < values.mean() < interval.high
    assert interval.estimate == pytest.approx(values.mean())
    assert len(seen) == 201
    for weights in seen:
        assert weights.sum() == 30  # ten draws of clusters of three
        assert (weights.reshape(10, 3) == weights[::3, None]).all()


@given(st.lists(st.floats(-1e6, 1e6), min_size=8, max_size=30), st.integers(0, 5))
def test_an_interval_lies_within_the_data(values, seed):
    interval = paired_difference(
        values, [0.0] * len(values), range(len(values)), rng(seed), resamples=50
    )
    slack = 1e-9 * max(1.0, *map(abs, values))
    assert min(values) - slack <= interval.low <= interval.high <= max(values) + slack


def test_lengths_that_differ_are_refused():
    with pytest.raises(ValueError, match="3 clusters"):
        paired_difference([1.0, 2.0], [1.0, 2.0], [1, 2, 3], rng())
    with pytest.raises(ValueError, match="2 clusters"):
        permutation_p([1.0, 2.0], [1.0], [1, 2], rng())
    with pytest.raises(ValueError, match="no workload"):
        paired_difference([], [], [], rng())
    with pytest.raises(ValueError, match="no workload"):
        permutation_p([], [], [], rng())


FLOATS = st.floats(-1e3, 1e3)
CLUSTERED = st.lists(st.tuples(FLOATS, FLOATS, st.integers(0, 7)), min_size=0, max_size=12)


def spread(pairs):
    """Values of a and b with all of 8 clusters among them."""
    pairs = [(float(i), 0.5 * i, i) for i in range(8)] + pairs
    a, b, clusters = map(list, zip(*pairs, strict=True))
    return np.array(a), np.array(b), np.array(clusters)


def all_swaps(a, b, clusters, total):
    """The share of swaps with a difference as large as the one seen, one swap after another."""
    hits = 0
    for swapped in product((False, True), repeat=8):
        mask = np.array(swapped)[clusters]
        difference = total(np.where(mask, b, a)) - total(np.where(mask, a, b))
        hits += abs(difference) >= abs(total(a) - total(b)) - 1e-9
    return hits / 2**8


@given(CLUSTERED)
def test_the_p_value_is_that_of_brute_force(pairs):
    a, b, clusters = spread(pairs)
    assert permutation_p(a, b, clusters, rng()) == all_swaps(a, b, clusters, np.mean)


@given(CLUSTERED)
def test_the_p_value_of_any_aggregate_is_that_of_brute_force(pairs):
    a, b, clusters = spread(pairs)

    def largest(values, weights):
        return values[..., weights > 0].max(axis=-1)

    assert permutation_p(a, b, clusters, rng(), aggregate=largest) == all_swaps(
        a, b, clusters, np.max
    )


def test_the_p_value_is_scipys():
    a, b = rng(1).normal(0.5, size=(2, 10))
    ours = permutation_p(a, b, range(10), rng())
    theirs = permutation_test(
        (a, b), lambda x, y: x.mean() - y.mean(), permutation_type="samples", vectorized=False
    )
    assert ours == pytest.approx(theirs.pvalue)


def test_many_clusters_are_swapped_at_random():
    a, b = rng(1).normal(0.3, size=(2, 12))
    exact = permutation_p(a, b, range(12), rng())
    drawn = permutation_p(a, b, range(12), rng(), swaps=4000)
    assert exact != drawn
    assert drawn == pytest.approx(exact, abs=0.03)
    far = permutation_p(np.arange(40) + 1.0, np.zeros(40), range(40), rng(), swaps=999)
    assert far == 1 / 1000  # the one seen is among them: never 0


@given(st.lists(st.floats(0.1, 1e6), min_size=8, max_size=13), FLOATS)
def test_the_smallest_p_value(gains, common):
    values = np.full(len(gains), common)
    p = permutation_p(values + gains, values, range(len(gains)), rng())
    assert p == 2 / 2 ** len(gains)


def test_equals_have_a_p_value_of_one_and_few_clusters_none():
    values = rng().normal(size=9)
    assert permutation_p(values, values, range(9), rng()) == 1.0
    assert permutation_p(np.ones(90), np.zeros(90), np.arange(90) % 7, rng()) is None


@given(CLUSTERED)
def test_which_of_the_two_is_first_changes_no_p_value(pairs):
    a, b, clusters = spread(pairs)
    assert permutation_p(a, b, clusters, rng()) == permutation_p(b, a, clusters, rng())


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.5, 0.6]) == [1.0, 1.0]
    assert holm([0.03]) == [0.03]
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), max_size=8))
def test_holm_lies_between_none_and_bonferroni_and_keeps_the_order(p_values):
    corrected = holm(p_values)
    for p, q in zip(p_values, corrected, strict=True):
        assert p <= q <= min(1.0, len(p_values) * p) + 1e-12
    by_p = [q for _, q in sorted(zip(p_values, corrected, strict=True))]
    assert by_p == sorted(by_p)


def test_an_interval_that_touches_zero_does_not_exclude_it():
    assert not Interval(1.0, 0.0, 2.0, 0.95, 10).excludes_zero
    assert Interval(1.0, 0.1, 2.0, 0.95, 10).excludes_zero
    assert Interval(-1.0, -2.0, -0.1, 0.95, 10).excludes_zero


def test_groups_are_drawn_as_well_as_their_members():
    """Groups that differ among themselves widen the interval as nothing within them could."""
    groups = [rng(i).normal(loc, 0.1, size=10) for i, loc in enumerate(rng(99).normal(1, 2, 12))]
    wide = hierarchical(groups, rng())
    between = np.std([g.mean() for g in groups], ddof=1) / 12**0.5
    assert wide.clusters == 12
    assert wide.note == ""
    assert 3.5 * between < wide.high - wide.low < 5.5 * between
    assert wide.low < wide.estimate < wide.high


def test_few_groups_stand_for_themselves_alone():
    groups = [rng(i).normal(loc, 0.1, size=10) for i, loc in enumerate((-50.0, 52.0))]
    narrow = hierarchical(groups, rng())
    assert narrow.excludes_zero
    assert narrow.high - narrow.low < 0.3
    assert narrow.note == "of these 2 groups alone"


def test_hierarchical_intervals_cover():
    trials, hits = 300, 0
    for trial in range(trials):
        random = rng(trial)
        groups = [random.normal(random.normal(0, 1), 1, size=8) for _ in range(10)]
        found = hierarchical(groups, random, resamples=300)
        hits += found.low <= 0.0 <= found.high
    assert hits >= 0.92 * trials  # 0.95 nominal, less three standard errors


def test_a_hierarchy_without_values():
    assert hierarchical([[1.0] * 9, [2.0] * 7], rng()).low is None
    for nothing in ([], [[]], [[1.0] * 8, []]):
        with pytest.raises(ValueError, match="no group"):
            hierarchical(nothing, rng())


def test_scipy_is_not_paid_for_by_an_import():
    code = "import sys, evaluators.stats; sys.exit('scipy' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p or "." for p in sys.path)}
    assert (
        subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode == 0
    )

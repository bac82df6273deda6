"""Rank correlation in numpy, against scipy; and an interval that covers by cluster."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from evaluators.engines.gpu.ranking import LEAST_CLUSTERS, ranking, spearman


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=2, max_size=30))
def test_it_is_scipys_with_ties_too(pairs: list[tuple[int, int]]) -> None:
    a, b = np.array(pairs, dtype=float).T
    found = spearman(a, b)
    if len(set(a)) < 2 or len(set(b)) < 2:
        assert found is None
    else:
        assert found == pytest.approx(spearmanr(a, b).statistic)


def test_an_interval_holds_the_estimate_and_widens_with_noise() -> None:
    rng = np.random.default_rng(0)
    clusters = [str(i // 10) for i in range(120)]
    truth = rng.normal(size=120)
    widths = []
    for noise in (0.1, 1.0):
        found = ranking(truth, truth + noise * rng.normal(size=120), clusters, rng)
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        assert found.low <= found.estimate <= found.high
        assert (found.clusters, found.rows) == (12, 120)
        widths.append(found.high - found.low)
    assert widths[1] > widths[0]


def test_rows_of_one_cluster_are_drawn_together() -> None:
    """Copies of a row in its own cluster tell nothing new; in clusters of their own they would."""
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=8), rng.normal(size=8)
    names = list("abcdefgh")
    once = ranking(a, b, names, np.random.default_rng(2))
    often = ranking(np.repeat(a, 9), np.repeat(b, 9), np.repeat(names, 9), np.random.default_rng(2))  # type: ignore[arg-type]
    assert once is not None
    assert often is not None
    assert often.low == pytest.approx(once.low)
    assert often.estimate == pytest.approx(once.estimate)


def test_few_clusters_give_no_interval_and_equal_values_no_correlation() -> None:
    rng = np.random.default_rng(0)
    values = np.arange(LEAST_CLUSTERS - 1, dtype=float)
    found = ranking(values, values, list(values), rng)
    assert found is not None
    assert (found.estimate, found.low, found.high) == (pytest.approx(1.0), None, None)
    assert ranking(values, 0 * values, list(values), rng) is None

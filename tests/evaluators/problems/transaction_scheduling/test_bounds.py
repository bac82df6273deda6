"""Bounds never pass the optimum, which is found by trying all orders of few transactions."""

from __future__ import annotations

from itertools import islice, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.problems.transaction_scheduling.bounds import (
    makespan_bound,
    total_completion_bound,
)
from evaluators.problems.transaction_scheduling.enumeration import MOST_ENUMERATED, least_times
from evaluators.problems.transaction_scheduling.mixes import MIXES
from evaluators.problems.transaction_scheduling.parameters import TransactionParameters
from evaluators.problems.transaction_scheduling.problem import TransactionScheduling
from evaluators.problems.transaction_scheduling.simulator import Transactions, completion_times
from evaluators.problems.transaction_scheduling.workloads import number_rows
from tests.evaluators.problems.transaction_scheduling.cases import batches

PROBLEM = TransactionScheduling()


@given(batches(most_transactions=5))
def test_enumeration_finds_the_optimum(batch):
    done = [
        completion_times(batch, np.array(order))
        for order in permutations(range(len(batch.lengths)))
    ]
    assert least_times(batch) == (min(d.max() for d in done), min(d.sum() for d in done))


@given(batches(most_transactions=6, most_operations=8))
def test_no_order_beats_a_bound(batch):
    makespan, total = least_times(batch)
    assert makespan_bound(batch) <= makespan
    assert total_completion_bound(batch) <= total


@pytest.mark.parametrize("family", MIXES)
@pytest.mark.parametrize("seed", range(3))
def test_no_order_of_nine_drawn_transactions_beats_a_bound(family, seed):
    rng = np.random.default_rng(seed)
    mix = MIXES[family](rng, TransactionParameters(hot_accounts=2, skew=1.5))
    batch = number_rows(list(islice(mix, MOST_ENUMERATED)))
    makespan, total = least_times(batch)
    assert makespan_bound(batch) <= makespan
    assert total_completion_bound(batch) <= total


@given(st.lists(st.integers(0, 6), min_size=1, max_size=8), st.integers(0, 6))
def test_bounds_of_one_key_are_attained(heads, tail):
    """Transactions that meet on one key alone are one machine, which the rules solve."""
    rows = iter(range(1, 10**6))

    def own(operations):
        return [(next(rows), True) for _ in range(operations)]

    batch = Transactions.of([[*own(head), (0, True), *own(tail)] for head in heads])
    makespan, total = least_times(batch)
    assert (makespan_bound(batch), total_completion_bound(batch)) == (makespan, total)


def test_who_reads_then_writes_holds_the_key_in_between():
    batch = Transactions.of([[(0, False), (1, True), (2, True), (0, True)] for _ in range(3)])
    assert makespan_bound(batch) == 12


def test_the_longest_transaction_is_a_bound():
    batch = Transactions.of([[(0, False)] * 7, [(1, True)]])
    assert (makespan_bound(batch), total_completion_bound(batch)) == (7, 8)


@pytest.mark.parametrize("split", ["search", "selection", "sealed"])
def test_the_box_is_not_empty(split):
    for w in PROBLEM.workloads(split):
        limits = PROBLEM.limits(w)
        assert {b.kind for b in limits.values()} == {"bound"}
        assert limits["log_mean_completion"].value < limits["log_makespan"].value < 0


def test_tiny_limits_are_optima():
    for w in PROBLEM.workloads("tiny"):
        limits = PROBLEM.limits(w)
        assert limits["log_makespan"].kind == limits["log_mean_completion"].kind == "optimum"

"""When transactions are done, as properties."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.playing import replay
from evaluators.problems.transaction_scheduling.problem import OBJECTIVES, TransactionScheduling
from evaluators.problems.transaction_scheduling.simulator import (
    IDLE,
    Transactions,
    completion_times,
    ordering_episode,
)
from evaluators.problems.transaction_scheduling.workloads import make_workload
from tests.evaluators.problems.transaction_scheduling.cases import batches, ordered


def accesses(batch, done, number):
    """(unit, key, whether it writes) of a transaction's operations."""
    operations = batch.operations()[number]
    start = int(done[number]) - len(operations)
    return [(start + p, k, w) for p, (k, w) in enumerate(operations) if k != IDLE]


def conflicts(batch, done, first, second):
    """Units of every two operations that conflict."""
    return [
        (u, v)
        for u, k, w in accesses(batch, done, first)
        for v, j, x in accesses(batch, done, second)
        if k == j and (w or x)
    ]


@given(ordered())
def test_conflicting_operations_keep_the_order(case):
    batch, order = case
    done = completion_times(batch, order)
    for first, second in combinations(order.tolist(), 2):
        assert all(u < v for u, v in conflicts(batch, done, first, second))


@given(ordered())
def test_nobody_could_start_a_unit_earlier(case):
    batch, order = case
    done = completion_times(batch, order)
    for place, number in enumerate(order.tolist()):
        if done[number] == batch.lengths[number]:
            continue
        earlier = done.copy()
        earlier[number] -= 1
        assert any(
            u >= v
            for before in order[:place].tolist()
            for u, v in conflicts(batch, earlier, before, number)
        )


@given(ordered())
def test_no_order_takes_longer_than_one_after_the_other(case):
    batch, order = case
    done = completion_times(batch, order)
    assert (done >= batch.lengths).all()
    assert (done[order] <= np.cumsum(batch.lengths[order])).all()


@given(ordered(), st.data())
def test_neighbours_that_share_nothing_may_change_places(case, data):
    batch, order = case
    if len(order) < 2:
        return
    place = data.draw(st.integers(0, len(order) - 2))
    a, b = (batch.operations()[t] for t in order[place : place + 2])
    if {k for k, _ in a if k != IDLE} & {k for k, _ in b}:
        return
    swapped = order.copy()
    swapped[[place, place + 1]] = order[[place + 1, place]]
    assert (completion_times(batch, swapped) == completion_times(batch, order)).all()


@given(ordered())
def test_reads_alone_never_wait(case):
    batch, order = case
    reading = Transactions(batch.keys, np.zeros_like(batch.writes), batch.offsets)
    assert (completion_times(reading, order) == batch.lengths).all()


@pytest.mark.parametrize(
    ("operations", "order", "done"),
    [
        ([[(0, True)], [(0, True)], [(0, True)]], [2, 0, 1], [2, 3, 1]),
        ([[(0, False)], [(0, False)], [(0, True)]], [0, 1, 2], [1, 1, 2]),
        ([[(0, False)], [(0, True)], [(0, False)]], [0, 1, 2], [1, 2, 3]),
        # the second writes key 0 in its third unit: it starts before the first has ended
        ([[(1, True), (0, True)], [(2, True), (3, True), (0, True)]], [0, 1], [2, 3]),
        # placed later, done earlier
        ([[(0, True), (1, True)], [(2, True)]], [0, 1], [2, 1]),
        # a lock is held for a unit, not until the end
        ([[(0, True), (1, True), (2, True)], [(0, True)]], [0, 1], [3, 2]),
        # a unit that touches nothing is taken all the same
        ([[(IDLE, False), (0, True)], [(0, True)]], [0, 1], [2, 3]),
        # own operations on one key never wait for each other
        ([[(0, False), (0, True)], [(0, False), (0, True)]], [0, 1], [2, 4]),
    ],
)
def test_small_schedules_by_hand(operations, order, done):
    assert completion_times(Transactions.of(operations), np.array(order)).tolist() == done


@given(ordered())
def test_objectives_are_logarithms_of_shares_of_the_serial_time(case):
    batch, order = case
    workload = make_workload("w", "f", batch)
    measured = replay(TransactionScheduling(), workload, [{"order": order}])
    done, serial = completion_times(batch, order), batch.lengths.sum()
    assert measured.breakdown == {"makespan": done.max(), "mean_completion": done.mean()}
    assert np.exp(measured.values["log_makespan"]) == pytest.approx(done.max() / serial)
    assert np.exp(measured.values["log_mean_completion"]) == pytest.approx(done.mean() / serial)
    assert all(measured.values[o.name] <= o.worst for o in OBJECTIVES if o.kind == "exact")


def test_what_a_policy_writes_to_its_arguments_is_not_read_again():
    episode = ordering_episode(Transactions.of([[(0, True)], [(0, True)]]))
    asked = next(episode)
    for keys, writes in zip(asked["keys"], asked["writes"], strict=True):
        keys[...] = IDLE
        writes[...] = False
    with pytest.raises(StopIteration) as end:
        episode.send({"order": np.array([0, 1])})
    assert end.value.value.breakdown["makespan"] == 2.0


@given(batches())
def test_a_batch_is_the_same_through_a_workload(batch):
    again = Transactions(**make_workload("w", "f", batch).content)
    assert again.operations() == batch.operations()

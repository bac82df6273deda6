"""What policies compute with is what they are judged by."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from evaluators.problems.transaction_scheduling import prelude
from evaluators.problems.transaction_scheduling.parameters import TransactionParameters
from evaluators.problems.transaction_scheduling.problem import PRELUDE
from evaluators.problems.transaction_scheduling.simulator import Transactions, completion_times
from evaluators.problems.transaction_scheduling.workloads import make_workloads
from tests.evaluators.problems.transaction_scheduling.cases import ordered, shown


def delays_of(batch):
    return prelude.conflict_delays(**shown(batch))


def check_agreement(batch, order):
    delays, done = delays_of(batch), completion_times(batch, order)
    starts = prelude.start_times(order, delays)
    assert (starts + batch.lengths[order] == done[order]).all()
    assert prelude.makespan_of(order, delays, batch.lengths) == done.max()


@given(ordered())
def test_starts_are_those_of_the_simulator(case):
    check_agreement(*case)


def test_starts_are_those_of_the_simulator_on_the_workloads():
    rng = np.random.default_rng(0)
    for w in make_workloads("search", TransactionParameters()):
        batch = Transactions(**w.content)
        for _ in range(3):
            check_agreement(batch, rng.permutation(len(batch.lengths)))


@given(ordered())
def test_a_timeline_says_what_placing_a_transaction_next_would_do(case):
    batch, order = case
    delays, lengths = delays_of(batch), batch.lengths
    timeline = prelude.Timeline(delays, lengths)
    for place in range(len(order)):
        told, starts = timeline.makespans(), timeline.earliest.copy()
        for t in order[place:].tolist():
            with_t = np.append(order[:place], t)
            assert told[t] == prelude.makespan_of(with_t, delays, lengths)
            assert starts[t] == prelude.start_times(with_t, delays)[-1]
        timeline.append(order[place])
    assert timeline.makespan == prelude.makespan_of(order, delays, lengths)
    assert (timeline.earliest + lengths == completion_times(batch, order)).all()


@given(ordered(), st.data())
def test_insertion_is_priced_exactly_at_every_place(case, data):
    batch, order = case
    delays = delays_of(batch)
    t = data.draw(st.sampled_from(order.tolist()))
    others = order[order != t]
    priced = prelude.insertion_makespans(others, t, delays, batch.lengths)
    every = [np.insert(others, at, t) for at in range(len(order))]
    assert priced.tolist() == [prelude.makespan_of(o, delays, batch.lengths) for o in every]


@given(ordered())
def test_delays_of_two_that_conflict_exclude_each_other(case):
    delays = delays_of(case[0])
    meet = delays > prelude.NO_CONFLICT
    assert (meet == meet.T).all()
    assert ((delays + delays.T)[meet] >= 2).all()


def test_the_shown_source_is_this_module_and_needs_numpy_alone():
    namespace = {}
    exec(compile(PRELUDE, "<prelude>", "exec"), namespace)
    public = {name for name in namespace if not name.startswith("_")}
    assert public == {
        "np", "NO_CONFLICT", "Timeline",
        "conflict_delays", "insertion_makespans", "makespan_of", "start_times",
    }  # fmt: skip

"""The seed policies do what their sources describe, and leave something to find."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from evaluators.playing import play, trusted_policy
from evaluators.problems.transaction_scheduling import prelude
from evaluators.problems.transaction_scheduling.problem import TransactionScheduling
from evaluators.problems.transaction_scheduling.simulator import Transactions, completion_times
from evaluators.scoring import aggregate
from tests.evaluators.problems.transaction_scheduling.cases import batches, shown

PROBLEM = TransactionScheduling()
DECIDE = {
    name: trusted_policy(PROBLEM, policy, {"seed": 7})
    for name, policy in PROBLEM.baselines().items()
}


def order_of(name, batch):
    return np.asarray(DECIDE[name](shown(batch)))


def makespan(name, batch):
    return completion_times(batch, order_of(name, batch)).max()


@pytest.mark.parametrize("name", DECIDE)
@settings(max_examples=15)
@given(batch=batches())
def test_every_baseline_answers_an_order_of_any_batch(name, batch):
    assert sorted(order_of(name, batch).tolist()) == list(range(len(batch.lengths)))


@given(batches())
def test_as_given_changes_nothing(batch):
    assert order_of("as_given", batch).tolist() == list(range(len(batch.lengths)))


@given(batches(most_transactions=8))
def test_greedy_sampling_takes_the_least_increase_of_all_where_ten_are_all(batch):
    """As the public starting program: every step's makespan is the least that can be had."""
    order = order_of("greedy_cost_sampled", batch)
    delays = prelude.conflict_delays(**shown(batch))
    for place in range(1, len(order)):
        costs = [
            prelude.makespan_of(np.append(order[:place], t), delays, batch.lengths)
            for t in order[place:]
        ]
        assert costs[0] == min(costs)


@given(batches())
def test_the_earliest_completion_is_taken_at_every_step(batch):
    order = order_of("earliest_completion", batch)
    delays = prelude.conflict_delays(**shown(batch))
    for place in range(len(order)):
        done = [
            prelude.start_times(np.append(order[:place], t), delays)[-1] + batch.lengths[t]
            for t in order[place:]
        ]
        assert done[0] == min(done)


@settings(max_examples=20)
@given(batches())
def test_local_search_does_not_make_its_start_worse(batch):
    assert makespan("two_opt", batch) <= makespan("greedy_cost_sampled", batch)


def test_the_best_of_many_random_orders_is_better_than_most():
    batch = Transactions(**PROBLEM.workloads("search")[-1].content)
    rng = np.random.default_rng(1)
    others = [completion_times(batch, rng.permutation(100)).max() for _ in range(20)]
    assert makespan("random_k", batch) < np.quantile(others, 0.2)


def test_readers_of_a_hot_key_stand_before_its_writers():
    batch = Transactions.of([[(0, True)], [(0, False)], [(0, True)], [(0, False)]])
    order = order_of("hot_key_clusters", batch)
    assert set(order[:2].tolist()) == {1, 3}


def test_clusters_are_dealt_in_turn():
    batch = Transactions.of([[(0, True)]] * 3 + [[(1, True)]] * 2)
    assert order_of("hot_key_clusters", batch).tolist() == [0, 3, 1, 4, 2]


def test_there_is_something_to_find():
    """No baseline is best in both, and every one is far from a limit in one of them."""
    workloads = PROBLEM.workloads("search")
    scores = {}
    for name in ("as_given", "greedy_cost_sampled", "earliest_completion", "insertion"):
        played = {w.id: play(PROBLEM, w, PROBLEM.baselines()[name])[0].values for w in workloads}
        scores[name] = [
            aggregate(o, workloads, {k: v[o.name] for k, v in played.items()})
            for o in PROBLEM.objectives[:2]
        ]
    makespans, means = ({n: s[i] for n, s in scores.items()} for i in (0, 1))
    assert min(makespans, key=makespans.get) == "insertion"
    assert min(means, key=means.get) == "earliest_completion"
    assert makespans["earliest_completion"] > makespans["insertion"] + 0.2
    for o, values in zip(PROBLEM.objectives, (makespans, means), strict=False):
        assert values["as_given"] < o.reference
        limits = {w.id: PROBLEM.limits(w)[o.name].value for w in workloads}
        assert min(values.values()) > aggregate(o, workloads, limits) + 0.1

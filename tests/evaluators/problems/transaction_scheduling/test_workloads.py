"""Batches have the style of their benchmarks, and parameters change what they say."""

from __future__ import annotations

import numpy as np
import pytest

from evaluators.errors import UsageError
from evaluators.problems.transaction_scheduling.mixes import MIXES
from evaluators.problems.transaction_scheduling.parameters import TransactionParameters
from evaluators.problems.transaction_scheduling.prelude import NO_CONFLICT, conflict_delays
from evaluators.problems.transaction_scheduling.problem import TransactionScheduling
from evaluators.problems.transaction_scheduling.simulator import Transactions
from evaluators.problems.transaction_scheduling.workloads import COPIES, make_workloads
from evaluators.registry import ProblemSpec
from tests.evaluators.problems.transaction_scheduling.cases import shown

PROBLEM = TransactionScheduling()
SPLITS = ("search", "selection", "sealed")


def drawn(family, split="search", **parameters):
    workloads = make_workloads(split, TransactionParameters(**parameters))
    return [Transactions(**w.content) for w in workloads if w.family == family]


def conflict_share(batches):
    """Of all pairs of transactions."""
    return np.mean([(conflict_delays(**shown(b)) > NO_CONFLICT).mean() for b in batches])


@pytest.mark.parametrize("split", SPLITS)
def test_every_family_has_as_many_workloads_of_100_transactions(split):
    workloads = PROBLEM.workloads(split)
    assert [w.family for w in workloads] == [f for f in MIXES for _ in range(COPIES[split])]
    assert len({w.cluster for w in workloads}) == len(workloads) >= 12
    assert {len(w.content["offsets"]) for w in workloads} == {101}


def test_transactions_are_as_long_as_their_benchmarks_say():
    lengths = {f: np.concatenate([b.lengths for b in drawn(f)]) for f in MIXES}
    assert {(f, n.min(), n.max()) for f, n in lengths.items()} >= {
        ("smallbank", 3, 8), ("ycsb", 16, 16),
    }  # fmt: skip
    assert set(lengths["tpcc"]) <= {7, 12, 21, 60, *range(26, 67, 4)}
    assert lengths["epinions"].min() == 1
    assert lengths["epinions"].max() <= 25


def test_ycsb_rows_of_a_transaction_are_distinct():
    for batch in drawn("ycsb"):
        assert all(len(set(keys.tolist())) == 16 for keys in batch.split(batch.keys))


def test_every_payment_updates_a_warehouse_that_every_new_order_reads():
    for batch in drawn("tpcc"):
        hottest = np.bincount(batch.keys).argmax()
        operations = batch.operations()
        for mine in operations:
            if len(mine) == 7:
                assert mine[:2] == [(hottest, False), (hottest, True)]
            elif len(mine) >= 26 and len(mine) != 60:
                assert mine[0] == (hottest, False)


@pytest.mark.parametrize(
    ("family", "less", "more"),
    [
        ("smallbank", {"hot_accounts": 50}, {"hot_accounts": 4}),
        ("tpcc", {"warehouses": 8}, {"warehouses": 1}),
        ("ycsb", {"skew": 0.3}, {"skew": 1.2}),
        ("ycsb", {"write_share": 0.05}, {"write_share": 0.5}),
        ("epinions", {"skew": 0.0}, {"skew": 1.5}),
    ],
)
def test_parameters_of_contention_change_how_often_transactions_meet(family, less, more):
    assert conflict_share(drawn(family, **less)) < conflict_share(drawn(family, **more))


def test_the_number_of_transactions_is_a_parameter_of_all_but_the_tiny_split():
    problem = TransactionScheduling(TransactionParameters(transactions=20))
    assert {len(w.content["offsets"]) for w in problem.workloads("selection")} == {21}
    tiny = problem.workloads("tiny")
    assert [w.digest for w in tiny] == [w.digest for w in PROBLEM.workloads("tiny")]


def test_a_salt_draws_the_sealed_split_anew_and_no_other():
    salted = TransactionScheduling()
    salted.salt = "salt"
    for split in SPLITS:
        pairs = zip(PROBLEM.workloads(split), salted.workloads(split), strict=True)
        same = [v.digest == w.digest for v, w in pairs]
        assert not any(same) if split == "sealed" else all(same)


@pytest.mark.parametrize(
    "given",
    [{"transactions": "1"}, {"transactions": "501"}, {"warehouses": "0"}, {"hot_accounts": "1"},
     {"skew": "-1"}, {"write_share": "1.5"}],
    ids=str,
)  # fmt: skip
def test_bad_parameters_are_the_users_fault(given):
    with pytest.raises(UsageError, match="expected") as caught:
        ProblemSpec("transaction_scheduling", given).load()
    assert caught.value.hint

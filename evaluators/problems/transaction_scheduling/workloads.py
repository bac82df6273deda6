"""Workloads drawn from fixed seeds: a family per benchmark whose style they have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import islice

from evaluators.contract import Split, Workload
from evaluators.problems.transaction_scheduling.mixes import MIXES, Operation, Row
from evaluators.problems.transaction_scheduling.parameters import TransactionParameters
from evaluators.problems.transaction_scheduling.simulator import Transactions
from evaluators.seeding import seeded

COPIES: Mapping[Split, int] = {"search": 3, "selection": 4, "sealed": 6, "tiny": 2}  # of a family
TINY_TRANSACTIONS = (6, 9)  # all orders can be enumerated
MOST_DRAWN_OPERATIONS = 66  # of a transaction: a new order of 15 lines


@cache
def make_workloads(
    split: Split, parameters: TransactionParameters, salt: str = ""
) -> tuple[Workload, ...]:
    """The workloads of a split, those of one family side by side; each is a cluster."""
    return tuple(
        _make_workload(f"{split}-{family}-{copy}", family, _sized(split, copy, parameters), salt)
        for family in MIXES
        for copy in range(COPIES[split])
    )


def _sized(split: Split, copy: int, parameters: TransactionParameters) -> TransactionParameters:
    """The tiny split: few transactions that meet often."""
    if split != "tiny":
        return parameters
    return TransactionParameters(TINY_TRANSACTIONS[copy], hot_accounts=2, skew=1.5)


def _make_workload(
    name: str, family: str, parameters: TransactionParameters, salt: str
) -> Workload:
    rng = seeded("transaction_scheduling", name, salt)
    drawn = islice(MIXES[family](rng, parameters), parameters.transactions)
    return make_workload(name, family, number_rows(list(drawn)))


def number_rows(drawn: Sequence[Sequence[Operation]]) -> Transactions:
    """Transactions whose keys are rows, numbered as they come."""
    number: dict[Row, int] = {}
    return Transactions.of(
        [[(number.setdefault(row, len(number)), w) for row, w in ops] for ops in drawn]
    )


def make_workload(name: str, family: str, transactions: Transactions) -> Workload:
    """Transactions as a workload that is a cluster of its own."""
    return Workload(id=name, family=family, cluster=name, content=transactions.content())

"""The problem `transaction_scheduling`: in which order a batch of transactions takes its locks.

Entry: `order_transactions(keys, writes)`. README.md has model, sources and known error.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from pathlib import Path

from evaluators.contract import (
    Action,
    Bound,
    Deadlines,
    Forgery,
    Measurements,
    Objective,
    Observation,
    Policy,
    Problem,
    Split,
    Variation,
    Workload,
)
from evaluators.problems.transaction_scheduling import bounds
from evaluators.problems.transaction_scheduling.forgeries import FORGERIES
from evaluators.problems.transaction_scheduling.parameters import TransactionParameters
from evaluators.problems.transaction_scheduling.settings import UNVARIED, VARIATIONS
from evaluators.problems.transaction_scheduling.simulator import Transactions, ordering_episode
from evaluators.problems.transaction_scheduling.workload_files import file_workloads
from evaluators.problems.transaction_scheduling.workloads import (
    MOST_DRAWN_OPERATIONS,
    TINY_TRANSACTIONS,
    make_workloads,
)
from evaluators.resources import seed_policies, statement
from evaluators.signature import Permutation, Ragged, Signature, Values

OBJECTIVES = (
    Objective(
        "log_makespan", "ln(x serial)", "lower", "exact",
        reference=-2.1,  # `as_given` comes to -2.2
        worst=0.0,  # no order takes longer than one after the other
        resolution=0.001,  # a tenth of a percent
        doc="natural logarithm of when the last transaction is done, over the serial time",
    ),
    Objective(
        "log_mean_completion", "ln(x serial)", "lower", "exact",
        reference=-3.0,  # `as_given` comes to -3.1
        worst=0.0,
        resolution=0.001,
        doc="natural logarithm of the mean time until a transaction is done, over the serial time",
    ),
    Objective(
        "decision_cpu", "x greedy_cost_sampled", "lower", "measured",
        reference=100.0,  # more than twice what `insertion` takes
        worst=1000.0,
        resolution=0.1,
        doc="CPU time per order as a ratio to that of greedy_cost_sampled",
    ),
)  # fmt: skip

PRELUDE = Path(__file__).with_name("prelude.py").read_text("utf-8")


class TransactionScheduling(Problem):
    """Order a batch of transactions that read and write shared keys."""

    name = "transaction_scheduling"
    version = 1
    Parameters = TransactionParameters
    objectives = OBJECTIVES
    prelude = PRELUDE
    reference_policy = "greedy_cost_sampled"
    deadlines = Deadlines(call_s=10.0)  # local search of 500 transactions: some seconds
    unvaried = UNVARIED

    def __init__(
        self, parameters: TransactionParameters | None = None, workload_file: str | None = None
    ) -> None:
        """Raises UsageError for a bad workload file."""
        self.parameters = parameters or TransactionParameters()
        self._from_file = file_workloads(workload_file) if workload_file else {}
        self.signature = _signature(self.parameters, self._from_file)
        self.statement = statement(self.name)

    def workloads(self, split: Split) -> Sequence[Workload]:
        salt = self.salt if split == "sealed" else ""
        return self._from_file.get(split) or make_workloads(split, self.parameters, salt)

    def given(self, workload: Workload) -> Values:
        return {}

    def episode(self, workload: Workload) -> Generator[Observation, Action, Measurements]:
        return ordering_episode(Transactions(**workload.content))

    def baselines(self) -> Mapping[str, Policy]:
        return seed_policies(self.name)

    def limits(self, workload: Workload) -> Mapping[str, Bound]:
        return bounds.limits(workload)

    def variations(self) -> Sequence[Variation]:
        return VARIATIONS

    def forgeries(self) -> Mapping[str, Forgery]:
        return FORGERIES


def _signature(
    parameters: TransactionParameters, from_file: Mapping[Split, Sequence[Workload]]
) -> Signature:
    """The entry's fields, with maxima that drawn and given workloads need."""
    drawn = max(parameters.transactions, *TINY_TRANSACTIONS)
    given = [Transactions(**w.content) for ws in from_file.values() for w in ws]
    return Signature(
        entry="order_transactions",
        given=(),
        observation=(
            Ragged(
                "keys", "int64", "transactions", "operations", low=-1,
                doc="of each transaction's operations in turn; -1: the operation accesses no key",
            ),
            Ragged(
                "writes", "bool", "transactions", "operations",
                doc="whether each operation writes its key, or reads it",
            ),
        ),
        action=(Permutation("order", "transactions", doc="the first to take its locks first"),),
        maxima={
            "transactions": max([drawn, *(len(t.lengths) for t in given)]),
            "operations": max([drawn * MOST_DRAWN_OPERATIONS, *(len(t.keys) for t in given)]),
        },
    )  # fmt: skip

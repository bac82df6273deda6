"""`transaction_scheduling` is a problem in every respect, and its limits hold."""

from __future__ import annotations

import dataclasses
from itertools import permutations
from pathlib import Path

import numpy as np

from evaluators.problems.transaction_scheduling.problem import TransactionScheduling
from evaluators.problems.transaction_scheduling.simulator import (
    Transactions,
    completion_times,
    serial_share,
)
from evaluators.testing import ProblemContract

GOLDEN = Path(__file__).parents[3] / "golden" / "transaction_scheduling.json"


class TestTransactionScheduling(ProblemContract):
    def problem(self):
        return TransactionScheduling()

    def relabel(self, problem, workload, actions, rng):
        """Transactions and keys get other numbers."""
        batch = Transactions(**workload.content)
        old_number = rng.permutation(len(batch.lengths))
        other_key = rng.permutation(batch.keys.max() + 1)
        operations = batch.operations()
        renamed = Transactions.of(
            [[(int(other_key[k]), w) for k, w in operations[t]] for t in old_number]
        )
        answers = [{"order": np.argsort(old_number)[a["order"]]} for a in actions]
        return dataclasses.replace(workload, content=renamed.content()), answers

    def invalid_actions(self, problem, workload):
        in_order = np.arange(len(workload.content["offsets"]) - 1)
        return {
            "nothing": {"order": in_order[:0]},
            "a transaction left out": {"order": in_order[1:]},
            "a transaction twice": {"order": np.append(in_order[:-1], 0)},
            "a transaction more": {"order": np.append(in_order, 0)},
            "counted from the back": {"order": -1 - in_order},
            "counted from one": {"order": in_order + 1},
            "floats": {"order": in_order.astype(float)},
            "a makespan beside it": {"order": in_order, "makespan": 0},
        }

    def best_by_brute_force(self, problem, workload):
        batch = Transactions(**workload.content)
        if len(batch.lengths) > 6:
            return None
        every = permutations(range(len(batch.lengths)))
        done = [completion_times(batch, np.array(order)) for order in every]
        return {
            "log_makespan": serial_share(min(d.max() for d in done), batch),
            "log_mean_completion": serial_share(min(d.mean() for d in done), batch),
        }

    def golden(self):
        return GOLDEN

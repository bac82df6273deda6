"""`transaction_scheduling` on one batch of each family, without its best and its slow baselines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from evaluators.contract import Split
from evaluators.problems.transaction_scheduling.problem import TransactionScheduling
from tests.bench.hiding import Hiding


class LightTransactions(Hiding, TransactionScheduling):
    """4 search, 4 selection and 12 sealed batches."""

    hidden = ("hot_key_clusters", "earliest_completion")
    left_out = ("random_k", "two_opt", "insertion")
    per_family: ClassVar[Mapping[Split, int]] = {"search": 1, "selection": 1, "sealed": 3}

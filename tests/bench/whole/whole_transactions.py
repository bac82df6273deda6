"""`transaction_scheduling` as it is, without its best and its slow baselines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from evaluators.contract import Split
from tests.bench.light.light_transactions import LightTransactions


class WholeTransactions(LightTransactions):
    """12 search, 16 selection and 24 sealed batches."""

    per_family: ClassVar[Mapping[Split, int]] = {}

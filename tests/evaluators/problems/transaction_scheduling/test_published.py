"""The published workloads, where they are: their figures, which the public simulator gives."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from evaluators.problems.transaction_scheduling.problem import TransactionScheduling
from evaluators.problems.transaction_scheduling.simulator import Transactions, completion_times

DATA = os.environ.get("ADRS_DATA_DIR")
PUBLISHED = Path(DATA or ".") / "transactions" / "workloads.py"
pytestmark = pytest.mark.skipif(
    not DATA or not PUBLISHED.is_file(), reason="no transactions/workloads.py in ADRS_DATA_DIR"
)


@pytest.fixture(scope="module")
def published():
    problem = TransactionScheduling(workload_file=str(PUBLISHED))
    return [Transactions(**w.content) for w in problem.workloads("sealed")]


def test_makespans_in_the_order_given(published):
    done = [completion_times(b, np.arange(len(b.lengths))).max() for b in published]
    assert done == [452, 38, 47]


def test_longest_transactions_sum_to_the_published_limit(published):
    assert [len(b.lengths) for b in published] == [100, 100, 100]
    assert sum(b.lengths.max() for b in published) == 46

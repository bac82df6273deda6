"""The optimum of few transactions, by trying all of their orders at once."""

from __future__ import annotations

from functools import cache
from itertools import permutations

import numpy as np

from evaluators.problems.transaction_scheduling.prelude import conflict_delays
from evaluators.problems.transaction_scheduling.simulator import Transactions

MOST_ENUMERATED = 9  # 362,880 orders, in half a second


def least_times(transactions: Transactions) -> tuple[int, int]:
    """The least makespan and the least sum of completion times, each by its own order."""
    batch = transactions
    delays = conflict_delays(batch.split(batch.keys), batch.split(batch.writes))
    orders = _orders(len(batch.lengths))
    starts = np.zeros(orders.shape, dtype=np.int64)
    for place in range(len(orders)):
        for before in range(place):
            after = starts[before] + delays[orders[before], orders[place]]
            np.maximum(starts[place], after, out=starts[place])
    done = starts + batch.lengths[orders]
    return int(done.max(axis=0).min()), int(done.sum(axis=0).min())


@cache
def _orders(number: int) -> np.ndarray:
    """int8[number, number!]: every order, a column each."""
    return np.array(list(permutations(range(number))), dtype=np.int8).T.copy()

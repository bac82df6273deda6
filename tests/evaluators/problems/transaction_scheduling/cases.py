"""Small batches of transactions that meet often."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from evaluators.problems.transaction_scheduling.simulator import IDLE, Transactions


@st.composite
def batches(draw, most_transactions=6, most_operations=6):
    """Transactions over few keys, which may repeat within one, with idle operations."""
    keys = draw(st.integers(1, 5))
    operation = st.one_of(
        st.just((IDLE, False)), st.tuples(st.integers(0, keys - 1), st.booleans())
    )
    transaction = st.lists(operation, min_size=1, max_size=most_operations)
    return Transactions.of(draw(st.lists(transaction, min_size=1, max_size=most_transactions)))


@st.composite
def ordered(draw, **sizes):
    """A batch and an order of it."""
    batch = draw(batches(**sizes))
    return batch, np.array(draw(st.permutations(range(len(batch.lengths)))))


def shown(batch):
    """What a policy sees."""
    return {"keys": batch.split(batch.keys), "writes": batch.split(batch.writes)}

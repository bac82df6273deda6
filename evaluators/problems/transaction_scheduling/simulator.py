"""What an order of transactions takes: when every one of them is done.

Model (the public simulator's): an operation takes one time unit, and a transaction does its
operations one after the other without a pause once it has started. Transactions are placed in the
order given, each at the earliest start at which all of its operations come after those of the
placed transactions that they conflict with: two operations conflict if they access the same key and
at least one writes. A lock is held for the operation's unit alone; a later transaction may start,
and end, before an earlier one. Every such execution is conflict-serialisable in the order given.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evaluators.contract import Action, Measurements, Observation

IDLE = -1  # the key of an operation that accesses none: it takes its unit, and conflicts with none


@dataclass(frozen=True, eq=False)
class Transactions:
    """Operations of n transactions, one transaction after the other.

    Attributes:
        keys: int64[operations], IDLE or at least 0.
        writes: bool[operations], False: the operation reads.
        offsets: int64[n + 1], where each transaction's operations start.
    """

    keys: np.ndarray
    writes: np.ndarray
    offsets: np.ndarray

    @classmethod
    def of(cls, operations: Sequence[Sequence[tuple[int, bool]]]) -> Transactions:
        """From (key, whether it writes) of every operation of every transaction."""
        flat = [operation for transaction in operations for operation in transaction]
        return cls(
            keys=np.array([key for key, _ in flat], dtype=np.int64),
            writes=np.array([is_write for _, is_write in flat], dtype=bool),
            offsets=np.cumsum([0, *map(len, operations)], dtype=np.int64),
        )

    def content(self) -> Mapping[str, np.ndarray]:
        """As the arrays of a workload, read-only."""
        arrays = {"keys": self.keys, "writes": self.writes, "offsets": self.offsets}
        for array in arrays.values():
            array.setflags(write=False)
        return arrays

    @property
    def lengths(self) -> np.ndarray:
        """int64[n], time units."""
        return np.diff(self.offsets)

    def split(self, column: np.ndarray) -> list[np.ndarray]:
        """A copy of `keys` or `writes`, cut into transactions."""
        return np.split(column.copy(), self.offsets[1:-1])

    def operations(self) -> list[list[tuple[int, bool]]]:
        """(key, whether it writes) of every operation of every transaction."""
        columns = zip(self.split(self.keys), self.split(self.writes), strict=True)
        return [list(zip(k.tolist(), w.tolist(), strict=True)) for k, w in columns]


def completion_times(transactions: Transactions, order: np.ndarray) -> np.ndarray:
    """int64[n]: when each transaction is done, time units from 0, by its number.

    `order` is int64[n], a permutation of the transactions.
    """
    operations = transactions.operations()
    free_to_read: dict[int, int] = defaultdict(int)  # key -> the first unit after all its writes
    free_to_write: dict[int, int] = defaultdict(int)  # key -> the first unit after all accesses
    done = np.zeros(len(operations), dtype=np.int64)
    for number in order.tolist():
        mine = operations[number]
        free = ((free_to_write if w else free_to_read)[k] - p for p, k, w in _accesses(mine))
        start = max([0, *free])
        for position, key, is_write in _accesses(mine):
            after = start + position + 1
            free_to_write[key] = max(free_to_write[key], after)
            if is_write:
                free_to_read[key] = max(free_to_read[key], after)
        done[number] = start + len(mine)
    return done


def _accesses(operations: Sequence[tuple[int, bool]]) -> Iterator[tuple[int, int, bool]]:
    """Position, key and whether it writes, without the idle ones."""
    return ((p, k, w) for p, (k, w) in enumerate(operations) if k != IDLE)


def serial_share(time: float, transactions: Transactions) -> float:
    """The natural logarithm of a time over that of all transactions one after the other."""
    return math.log(time / int(transactions.lengths.sum()))


def ordering_episode(transactions: Transactions) -> Generator[Observation, Action, Measurements]:
    """Ask once for the order of all transactions, and judge it."""
    action = yield {
        "keys": transactions.split(transactions.keys),
        "writes": transactions.split(transactions.writes),
    }
    done = completion_times(transactions, action["order"])
    makespan, mean = int(done.max()), float(done.mean())
    return Measurements(
        {
            "log_makespan": serial_share(makespan, transactions),
            "log_mean_completion": serial_share(mean, transactions),
        },
        {"makespan": float(makespan), "mean_completion": mean},
    )

"""Transactions in the style of four public benchmarks, as reads and writes of rows.

Each mix gives the operations of one transaction, (row, whether it writes); equal rows are one key.
An update of a value that is read first is a read and a write. Statements that touch no row that
anyone else touches still take their unit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import count

import numpy as np

from evaluators.problems.transaction_scheduling.parameters import TransactionParameters

Row = tuple[object, ...]
Operation = tuple[Row, bool]
Mix = Callable[[np.random.Generator, TransactionParameters], Iterator[list[Operation]]]


def _read(*row: object) -> Operation:
    return row, False


def _write(*row: object) -> Operation:
    return row, True


def _update(*row: object) -> list[Operation]:
    return [_read(*row), _write(*row)]


def _chosen(rng: np.random.Generator, weights: Mapping[str, int]) -> str:
    shares = np.array(list(weights.values())) / sum(weights.values())
    return list(weights)[int(rng.choice(len(shares), p=shares))]


# --- SmallBank: Alomari et al., "The cost of serializability on platforms that use snapshot
# isolation" (ICDE 2008), with the weights of BenchBase's sample configuration.

ACCOUNTS = 1000
HOT_SHARE = 0.9  # of the accounts drawn lie in the hot spot
SMALLBANK = {
    "balance": 15, "deposit": 15, "savings": 15, "amalgamate": 15, "check": 15, "payment": 25,
}  # fmt: skip


def smallbank(
    rng: np.random.Generator, parameters: TransactionParameters
) -> Iterator[list[Operation]]:
    """A bank with a hot spot of accounts, each with a savings and a checking balance."""
    while True:
        a, b = _two_accounts(rng, parameters.hot_accounts)
        of_a, of_b = _read("account", a), _read("account", b)
        savings, checking, others = ("savings", a), ("checking", a), ("checking", b)
        yield {
            "balance": [of_a, _read(*savings), _read(*checking)],
            "deposit": [of_a, *_update(*checking)],
            "savings": [of_a, *_update(*savings)],
            "amalgamate": [of_a, of_b, *_update(*savings), *_update(*checking), *_update(*others)],
            "check": [of_a, _read(*savings), *_update(*checking)],
            "payment": [of_a, of_b, *_update(*checking), *_update(*others)],
        }[_chosen(rng, SMALLBANK)]


def _two_accounts(rng: np.random.Generator, hot: int) -> tuple[int, int]:
    def drawn() -> int:
        return int(rng.integers(hot) if rng.random() < HOT_SHARE else rng.integers(hot, ACCOUNTS))

    first = second = drawn()
    while second == first:
        second = drawn()
    return first, second


# --- TPC-C, revision 5.11: the five profiles by their weights (clauses 2.4 to 2.8, 5.2.3). A stock
# level reads 20 rows of stock, not 200; customers are found by their number.

TPCC = {"new order": 45, "payment": 43, "order status": 4, "delivery": 4, "stock level": 4}
DISTRICTS, CUSTOMERS, ITEMS = 10, 3000, 100_000
LEAST_LINES, MEAN_LINES, MOST_LINES = 5, 10, 15
STOCK_ROWS_READ = 20


def tpcc(rng: np.random.Generator, parameters: TransactionParameters) -> Iterator[list[Operation]]:
    """A wholesaler's warehouses: long orders, short payments, one hot row per warehouse."""
    for number in count():
        warehouse = ("warehouse", int(rng.integers(parameters.warehouses)))
        district = ("district", *warehouse, int(rng.integers(DISTRICTS)))
        customer = ("customer", *district, int(rng.integers(CUSTOMERS)))
        match _chosen(rng, TPCC):
            case "new order":
                yield _new_order(rng, warehouse, district, customer, number)
            case "payment":
                updates = (*_update(*warehouse), *_update(*district), *_update(*customer))
                yield [*updates, _write("history", number)]
            case "order status":
                lines = (_read("line of", *customer, i) for i in range(MEAN_LINES))
                yield [_read(*customer), _read("last order of", *customer), *lines]
            case "delivery":
                yield _delivery(rng, warehouse)
            case _:
                rows = (_read("stock", *warehouse, i) for i in _items(rng, STOCK_ROWS_READ))
                yield [_read(*district), *rows]


def _new_order(
    rng: np.random.Generator, warehouse: Row, district: Row, customer: Row, number: int
) -> list[Operation]:
    lines = int(rng.integers(LEAST_LINES, MOST_LINES, endpoint=True))
    operations = [_read(*warehouse), *_update(*district), _read(*customer)]
    operations += [_write("order", number), _write("last order of", *customer)]
    for i in _items(rng, lines):
        operations += [_read("item", i), *_update("stock", *warehouse, i)]
        operations += [_write("line", number, i)]
    return operations


def _delivery(rng: np.random.Generator, warehouse: Row) -> list[Operation]:
    """The oldest order of every district."""
    operations: list[Operation] = []
    for d in range(DISTRICTS):
        customer = int(rng.integers(CUSTOMERS))
        operations += _update("oldest order", *warehouse, d) + _update("oldest line", *warehouse, d)
        operations += _update("customer", "district", *warehouse, d, customer)
    return operations


def _items(rng: np.random.Generator, number: int) -> list[int]:
    """Distinct items by NURand(8191, 0, ITEMS - 1), C = 0 (clause 2.1.6)."""
    found: dict[int, None] = {}
    while len(found) < number:
        drawn = int(rng.integers(8192)) | int(rng.integers(ITEMS))
        found[drawn % ITEMS] = None
    return list(found)


# --- YCSB as concurrency control is compared on it: 16 operations of a transaction on distinct rows
# by a Zipf law, each a read or a write (Yu et al., "Staring into the abyss", VLDB 2014).

ROWS, OPERATIONS = 1000, 16


def ycsb(rng: np.random.Generator, parameters: TransactionParameters) -> Iterator[list[Operation]]:
    """Reads and writes of rows of very different popularity."""
    while True:
        rows = rng.choice(ROWS, OPERATIONS, replace=False, p=_popularity(ROWS, parameters.skew))
        writes = rng.random(OPERATIONS) < parameters.write_share
        yield [(("row", r), w) for r, w in zip(rows.tolist(), writes.tolist(), strict=True)]


@cache
def _popularity(number: int, skew: float) -> np.ndarray:
    weight = np.arange(1, number + 1) ** -skew
    return np.asarray(weight / weight.sum())


# --- Epinions as in BenchBase (OLTP-Bench, Difallah et al., VLDB 2013): reviews of items by users
# who trust each other; five reading and four writing transactions by their default weights, on the
# most popular users and items alone, whose popularity is by a Zipf law here.

EPINIONS = {
    "reviews of item": 10, "review of user": 10, "trusted rating": 10, "item rating": 10,
    "trusted reviews": 10, "rename user": 10, "rename item": 10, "rerate": 10, "trust": 20,
}  # fmt: skip
USERS, REVIEWED = 20, 10
MOST_REVIEWS, MOST_TRUSTED = 20, 5  # of the most popular item, by the most popular user


def epinions(
    rng: np.random.Generator, parameters: TransactionParameters
) -> Iterator[list[Operation]]:
    """A site of reviews: long reads of popular items, and single writes."""
    while True:
        user = int(rng.choice(USERS, p=_popularity(USERS, parameters.skew)))
        item = int(rng.choice(REVIEWED, p=_popularity(REVIEWED, parameters.skew)))
        reviews = [_read("review", item, i) for i in range(MOST_REVIEWS - item)]
        trusted = [_read("trust", user, i) for i in range(MOST_TRUSTED - user // 5)]
        review = ("review", item, int(rng.integers(len(reviews))))
        yield {
            "reviews of item": [_read("item", item), *reviews],
            "review of user": [_read("user", user), _read(*review)],
            "trusted rating": [*trusted, *reviews],
            "item rating": reviews,
            "trusted reviews": [*reviews, *trusted],
            "rename user": [_write("user", user)],
            "rename item": [_write("item", item)],
            "rerate": [_write(*review)],
            "trust": [_write("trust", user, int(rng.integers(len(trusted))))],
        }[_chosen(rng, EPINIONS)]


MIXES: Mapping[str, Mix] = {
    "smallbank": smallbank, "tpcc": tpcc, "ycsb": ycsb, "epinions": epinions,
}  # fmt: skip

"""What a user may set of the transactions that are drawn."""

from __future__ import annotations

from dataclasses import dataclass, fields

MOST_TRANSACTIONS = 500
_BETWEEN = {
    "transactions": (2, MOST_TRANSACTIONS),
    "hot_accounts": (2, 999),
    "warehouses": (1, 100),
    "skew": (0.0, 2.0),
    "write_share": (0.0, 1.0),
}


@dataclass(frozen=True, slots=True)
class TransactionParameters:
    """Size and contention of the workloads outside the tiny split.

    `transactions` of a workload; `hot_accounts` of 1,000 that 90 % of SmallBank's accesses go to;
    `warehouses` of TPC-C; `skew`, the exponent of the Zipf law of YCSB and Epinions; `write_share`
    of YCSB's operations. Raises ValueError for numbers that make no workload.
    """

    transactions: int = 100
    hot_accounts: int = 10
    warehouses: int = 1
    skew: float = 0.9
    write_share: float = 0.5

    def __post_init__(self) -> None:
        for f in fields(self):
            value, (low, high) = getattr(self, f.name), _BETWEEN[f.name]
            if not low <= value <= high:
                raise ValueError(f"{f.name}={value}, expected {low} to {high}")

"""The settings under which a winner is played again."""

from __future__ import annotations

from collections.abc import Mapping

from evaluators.contract import Variation

VARIATIONS = (
    Variation("size", "50 transactions", {"transactions": "50"}),
    Variation("size", "200 transactions", {"transactions": "200"}),
    Variation("load", "less contention", {"skew": "0.6", "hot_accounts": "50", "warehouses": "4"}),
    Variation("load", "more contention", {"skew": "1.2", "hot_accounts": "4"}),
    Variation("reads and writes", "one write in ten (YCSB)", {"write_share": "0.1"}),
)

UNVARIED: Mapping[str, str] = {
    "failures": "a batch is ordered once and every transaction commits: none is restarted",
    "heterogeneity": "the families are it: transactions of one length, and of 1 to 66 operations",
}

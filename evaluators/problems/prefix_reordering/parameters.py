"""What a user may set, and the settings under which a winner is played again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from evaluators.contract import Variation

MOST_ROWS = 2000  # of a table: its limit compares all pairs of rows
LEAST_ROWS = 20


@dataclass(frozen=True, slots=True)
class PrefixParameters:
    """Raises ValueError for numbers that make no table."""

    rows: int = 0
    """Rows of every drawn table outside the tiny split; 0: 200 to 400, drawn."""
    skew: float = 1.0
    """Popularity of drawn things: the k-th most frequent has weight k^-skew; 0: all alike."""
    in_flight: int = 8
    """Prompts that are under way at once: none of them hits another."""
    cache_rows: int = 32
    """What the bounded cache holds, in mean prompts."""
    block_rows: int = 1000
    """Rows of a workload file that make one table."""

    def __post_init__(self) -> None:
        _check("rows", self.rows, LEAST_ROWS, MOST_ROWS, or_zero=True)
        _check("skew", self.skew, 0, 5)
        _check("in_flight", self.in_flight, 1, MOST_ROWS)
        _check("cache_rows", self.cache_rows, 1, 1_000_000)
        _check("block_rows", self.block_rows, LEAST_ROWS, MOST_ROWS)


def _check(name: str, value: float, least: float, most: float, or_zero: bool = False) -> None:
    if not (least <= value <= most or (or_zero and value == 0)):
        raise ValueError(f"{name}={value}, expected {'0 or ' * or_zero}{least} to {most}")


DRAWN = (
    Variation("size", "60 rows", {"rows": "60"}),
    Variation("size", "1,000 rows", {"rows": "1000"}),
    Variation("heterogeneity", "all values equally frequent", {"skew": "0.0"}),
    Variation("heterogeneity", "few values very frequent", {"skew": "2.0"}),
)
SERVED = (
    Variation("load", "1 prompt in flight", {"in_flight": "1"}),
    Variation("load", "32 prompts in flight", {"in_flight": "32"}),
    Variation("cache", "9 prompts", {"cache_rows": "9"}),
    Variation("cache", "256 prompts", {"cache_rows": "256"}),
)
UNVARIED: Mapping[str, str] = {
    "failures": "orders are made once, before anything is sent",
}


def variations(has_file: bool) -> tuple[Variation, ...]:
    """One setting changed at a time; the rows of a file are what they are."""
    return SERVED if has_file else (*DRAWN, *SERVED)

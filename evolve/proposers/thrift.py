"""What choices cost: an improvement is worth more from whom it costs less."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from archive.entry import Amount

if TYPE_CHECKING:
    from evolve.llm.message import Reply


@dataclass
class Cost:
    """Of one choice or of many: tokens, and dollars unless somebody's price is unknown."""

    choices: int = 0
    tokens: int = 0
    usd: Decimal | None = Decimal(0)

    def add(self, reply: Reply) -> None:
        """A reply that belongs to it."""
        self.tokens += reply.usage.total_tokens if reply.usage else 0
        self.usd = None if self.usd is None or reply.usd is None else self.usd + reply.usd

    def charge(self, spent: Amount) -> None:
        """What was booked for attempts that gave no reply."""
        self.tokens += spent.tokens
        self.usd = None if self.usd is None or spent.unpriced_tokens else self.usd + spent.usd


class Thrift:
    """The mean cost of each arm's choices."""

    def __init__(self) -> None:
        self._of: dict[str, Cost] = defaultdict(Cost)

    def tell(self, arm: str, cost: Cost) -> None:
        """One more choice of an arm."""
        known = self._of[arm]
        usd = None if known.usd is None or cost.usd is None else known.usd + cost.usd
        self._of[arm] = Cost(known.choices + 1, known.tokens + cost.tokens, usd)

    def worth(self, arm: str) -> float:
        """The cheapest arm's mean cost in shares of this arm's, 0 to 1; 1 while nothing is known.

        In dollars where every reply had a price, else in tokens.
        """
        is_priced = all(c.usd or not c.tokens for c in self._of.values())
        means = {arm: _mean(c, is_priced) for arm, c in self._of.items()}
        paid = [mean for mean in means.values() if mean > 0]  # the others never got an answer
        return min(paid) / means[arm] if means.get(arm) else 1.0


def _mean(cost: Cost, in_usd: bool) -> float:
    return float((cost.usd or 0) if in_usd else cost.tokens) / cost.choices

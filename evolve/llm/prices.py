"""What tokens cost: from the map that litellm ships as a file, or as the user says."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from evaluators.errors import UsageError
from evolve.llm.message import Usage

_MAP = "litellm/model_prices_and_context_window_backup.json"
_ABOVE = re.compile(r"input_cost_per_token_above_(\d+)k_tokens")
# not priced by tokens alone: a fee per request or search, or a table of its own
_OTHER_FEES = ("input_cost_per_request", "tiered_pricing")
_SEARCHES = re.compile(r"^perplexity/|search|deep-research")


@dataclass(frozen=True, slots=True)
class Rate:
    """Dollars per token, for requests with more input tokens than `above_tokens`."""

    above_tokens: int
    input_usd: Decimal
    output_usd: Decimal
    cached_usd: Decimal
    cache_write_usd: Decimal
    reasoning_usd: Decimal

    def cost_usd(self, usage: Usage) -> Decimal:
        """Of a call, by its usage; with reasoning, all output at the dearer of the two rates."""
        fresh = usage.input_tokens - usage.cached_tokens - usage.cache_write_tokens
        reasons = usage.reasoning_tokens > 0
        output_usd = max(self.output_usd, self.reasoning_usd) if reasons else self.output_usd
        return (
            fresh * self.input_usd
            + usage.cached_tokens * self.cached_usd
            + usage.cache_write_tokens * self.cache_write_usd
            + usage.output_tokens * output_usd
        )

    def worst_usd(self, input_tokens: int, output_tokens: int) -> Decimal:
        """The most that these tokens may cost, however they come."""
        dearest_input = max(self.input_usd, self.cached_usd, self.cache_write_usd)
        dearest_output = max(self.output_usd, self.reasoning_usd)
        return input_tokens * dearest_input + output_tokens * dearest_output


@dataclass(frozen=True, slots=True)
class Price:
    """A model's rates, by rising number of input tokens; the first holds from 0."""

    rates: tuple[Rate, ...]

    def cost_usd(self, usage: Usage) -> Decimal:
        """What a call cost."""
        holding = [r for r in self.rates if r.above_tokens <= usage.input_tokens]
        return holding[-1].cost_usd(usage)

    def worst_usd(self, input_tokens: int, output_tokens: int) -> Decimal:
        """The most that a call with at most so many tokens may cost."""
        within = [r for r in self.rates if r.above_tokens <= input_tokens]
        return max(r.worst_usd(input_tokens, output_tokens) for r in within)


def stated_price(usd_per_mtok: tuple[float, float]) -> Price:
    """The user's own price: dollars per million tokens (input, output). Zero is a price, too."""
    if not all(0 <= usd < float("inf") for usd in usd_per_mtok):
        raise UsageError(f"no price per million tokens: {usd_per_mtok}", "two numbers from 0 on")
    read, written = (Decimal(str(usd)) / 10**6 for usd in usd_per_mtok)
    return Price((Rate(0, read, written, read, read, written),))


def published_price(model: str) -> Price | None:
    """The price of `provider/name` in litellm's map; None when it knows none, or only zeros."""
    entry = _entry(model)
    if entry is None or _SEARCHES.search(model) or any(fee in entry for fee in _OTHER_FEES):
        return None
    if not (entry.get("input_cost_per_token") and entry.get("output_cost_per_token")):
        return None
    tiers = sorted(int(m[1]) for name in entry if (m := _ABOVE.fullmatch(name)))
    base = _rate(entry, 0, "", None)
    return Price((base, *(_rate(entry, k * 1000, f"_above_{k}k_tokens", base) for k in tiers)))


def price_of(
    model: str, base_url: str | None, usd_per_mtok: tuple[float, float] | None
) -> Price | None:
    """What a model's tokens cost, or None when nobody says.

    A base URL of the user's may bill as it likes, so the published prices of `openai/` and
    `anthropic/` hold only without one; even on a local server 0 is a price that must be stated.
    """
    if usd_per_mtok is not None:
        return stated_price(usd_per_mtok)
    is_elsewhere = base_url is not None and model.startswith(("openai/", "anthropic/"))
    return None if is_elsewhere else published_price(model)


def check_shared_price(models: Sequence[str], usd_per_mtok: tuple[float, float] | None) -> None:
    """Raise UsageError when one stated price would stand for several that are published."""
    published = [m for m in models if published_price(m) is not None]
    if usd_per_mtok is not None and len(models) > 1 and published:
        raise UsageError(
            f"model.usd_per_mtok is one price for all {len(models)} models, and {published[0]} has"
            " a published one",
            "leave it out and bound the run with --tokens, or ask the models in runs of their own",
        )


def check_bounded(model: str, price: Price | None, token_budget: int | None) -> None:
    """Raise UsageError when neither dollars nor tokens bound what a model may use."""
    if price is None and token_budget is None:
        raise UsageError(
            f"nobody knows what {model} costs",
            "state its price with --set model.usd_per_mtok=[INPUT,OUTPUT] in dollars per million "
            "tokens ([0,0] for a server of your own), or a token budget with --tokens",
        )


def _entry(model: str) -> Mapping[str, Any] | None:
    """The map's entry: under the full name, or under the bare one of the same provider."""
    table = _table()
    provider, _, name = model.partition("/")
    if model in table:
        return table[model]
    entry = table.get(name)
    same = entry is not None and str(entry.get("litellm_provider", "")).startswith(provider)
    return entry if same else None


def _rate(entry: Mapping[str, Any], above: int, suffix: str, base: Rate | None) -> Rate:
    # of providers where the usual location is dearer than the price in the map
    uplift = Decimal(entry.get("regional_endpoint_uplift_multiplier") or 1)

    def usd(name: str, otherwise: Decimal | None) -> Decimal:
        value = entry.get(name + suffix)
        return Decimal(value) * uplift if value else (otherwise or Decimal(0))

    read = usd("input_cost_per_token", base.input_usd if base else None)
    written = usd("output_cost_per_token", base.output_usd if base else None)
    return Rate(
        above_tokens=above,
        input_usd=read,
        output_usd=written,
        # what the map leaves out costs what a token costs that is not cached
        cached_usd=usd("cache_read_input_token_cost", read),
        cache_write_usd=usd("cache_creation_input_token_cost", read),
        reasoning_usd=usd("output_cost_per_reasoning_token", written),
    )


@cache
def _table() -> Mapping[str, Mapping[str, Any]]:
    file = Path(str(distribution("litellm").locate_file(_MAP)))
    text = file.read_text("utf-8")
    table: Mapping[str, Mapping[str, Any]] = json.loads(text, parse_float=Decimal)
    return table

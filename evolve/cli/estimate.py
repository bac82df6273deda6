"""What a run may ask for and spend, before it begins."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evaluators.contract import Problem
    from evolve.settings import Settings


def estimate(settings: Settings, problem: Problem) -> Iterator[str]:
    """One line each for evaluations, models and limits.

    Raises:
        UsageError: nobody knows what a model costs, and no tokens bound it.
    """
    from evolve.llm.prices import check_bounded, check_shared_price, price_of

    model = settings.model
    check_shared_price(model.names, model.usd_per_mtok)
    seeds = len(problem.baselines()) + len(settings.seed_policies)
    yield f"{settings.evaluations} evaluations, {seeds} of them of policies that it starts from"
    calls = _calls(settings, seeds)
    for name in model.names:
        price = price_of(name, model.base_url, model.usd_per_mtok)
        check_bounded(name, price, settings.tokens)
        cost = "at an unknown price"
        if price is not None:
            usd = calls * price.worst_usd(model.prompt_tokens, model.output_tokens)
            cost = f"up to ${usd:.2f}"
        tokens = calls * (model.prompt_tokens + model.output_tokens)
        yield f"{name}: about {calls} calls, up to {tokens} tokens, {cost}"
    if model.names:
        yield "an answer that is no policy, or none that is new, costs a call more"
    if settings.ask_tell:
        yield f"people: up to {settings.ask_tell} prompts open at once"
    limits = [f"${settings.usd}"] if settings.usd else []
    limits += [f"{settings.tokens} tokens"] if settings.tokens else []
    if limits:
        yield f"no call is made that could pass {' or '.join(limits)}"


def _calls(settings: Settings, seeds: int) -> int:
    """How many proposals are asked of models, as the search shares them out, and reflections."""
    from evolve.arms import PLAIN

    model, is_plain = settings.model, settings.arm in PLAIN
    share = 0.0 if settings.ask_tell or is_plain else model.embedded_share
    calls = math.ceil(max(0, settings.evaluations - seeds) * (1 - share))
    reflects = model.reflect_every and not is_plain
    return calls + (calls // model.reflect_every if reflects else 0)

"""What a run may ask for and spend, before it begins."""

from __future__ import annotations

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
    baselines = len(problem.baselines())
    yield f"{settings.evaluations} evaluations, {baselines} of them of baselines"
    calls = max(0, settings.evaluations - baselines)
    calls += calls // model.reflect_every if model.reflect_every else 0
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

"""The models of a run: their endpoints behind one budget, as the settings say."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import numpy as np

from archive.entry import Amount
from evaluators.errors import UsageError
from evolve.events import Noticed, Observer, StopReason
from evolve.llm.breaker import Breaker, EndpointEvent, Paused, Stopped
from evolve.llm.caller import Caller, CallEvent
from evolve.llm.connecting import connect
from evolve.llm.endpoint import Endpoint
from evolve.llm.keys import Scrubber, Secret, find_key, secrets_in, usual_variable
from evolve.llm.limiter import Limiter
from evolve.llm.message import Reply, Request
from evolve.llm.prices import check_bounded, check_shared_price, price_of
from evolve.llm.purse import Purse
from evolve.llm.retrying import Backoff
from evolve.llm.spending import NOTHING, Ledger
from evolve.llm.timing import Timing
from evolve.settings import ModelSettings, Settings
from evolve.spending import Spending


class Endpoints:
    """`evolve.calls.Models` over the SDKs."""

    def __init__(
        self,
        settings: Settings,
        spent: Spending,
        observer: Observer,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        """Raises UsageError as `check_models` does."""
        check_models(settings, environ)
        models = settings.model
        self._ledger = Ledger(
            usd=None if settings.usd is None else Decimal(settings.usd),
            tokens=settings.tokens,
            spent=spent.known,
            unknown=spent.unknown,
            numbers=itertools.count(spent.calls + 1),
        )
        self._largest: dict[str, Amount] = {}  # worst case of a model's largest request so far
        purse = Purse(self._ledger)
        keys = {name: _key_of(name, models, environ) for name in models.names}
        secrets = [key for key in keys.values() if key is not None]
        scrubber = Scrubber([*secrets, *secrets_in(environ)])
        self._callers = {
            name: self._caller(name, keys[name], models, settings, purse, scrubber, observer)
            for name in models.names
        }

    async def complete(self, request: Request, observer: Callable[[CallEvent], None]) -> Reply:
        """The reply. Raises CallError and BudgetEndedError."""
        caller = self._callers[request.model]
        worst = caller.worst_case(request), self._largest.get(request.model, NOTHING)
        self._largest[request.model] = max(worst, key=lambda amount: amount.tokens)
        return await caller.complete(request, observer)

    def ended(self) -> StopReason | None:
        """Why no more can be asked, if so."""
        if all(c.breaker.stopped for c in self._callers.values()):
            return "no model answers"
        asked = (n for n in self._largest if not self._callers[n].breaker.stopped)
        if any(self._ledger.is_out_of_reach(self._largest[name]) for name in asked):
            return "spent"
        return None

    def affords(self, requests: Sequence[Request]) -> bool:
        """Whether the budget pays for all these at their worst case, beside what is spent."""
        worst = (self._callers[r.model].worst_case(r) for r in requests)
        return not self._ledger.is_out_of_reach(sum(worst, NOTHING))

    async def close(self) -> None:
        """Give all connections back."""
        for caller in self._callers.values():
            await caller.close()

    def _caller(
        self,
        name: str,
        key: Secret | None,
        models: ModelSettings,
        settings: Settings,
        purse: Purse,
        scrubber: Scrubber,
        observer: Observer,
    ) -> Caller:
        timing = Timing()
        endpoint = Endpoint(name, models.base_url, key, models.timeout_s)
        return Caller(
            connect(endpoint, scrubber, timing),
            price=price_of(name, models.base_url, models.usd_per_mtok),
            purse=purse,
            limiter=Limiter(
                models.concurrency,
                requests_per_minute=models.requests_per_minute,
                tokens_per_minute=models.tokens_per_minute,
                timing=timing,
            ),
            breaker=Breaker(name, timing=timing, observer=lambda e: observer(Noticed(line_of(e)))),
            backoff=Backoff(),
            rng=np.random.default_rng(),  # of the jitter: nothing that is found depends on it
            sleep=timing.sleep,
        )


def check_models(settings: Settings, environ: Mapping[str, str] = os.environ) -> None:
    """Raise UsageError for a model without a name, a price or a key that must be there."""
    models = settings.model
    _check_one_provider(models)
    check_shared_price(models.names, models.usd_per_mtok)
    for name in models.names:
        Endpoint(name, models.base_url)
        check_bounded(name, price_of(name, models.base_url, models.usd_per_mtok), settings.tokens)
        _key_of(name, models, environ)


def _check_one_provider(models: ModelSettings) -> None:
    """A key or a server of one provider's is not for another's models. Raises UsageError."""
    providers = sorted({name.partition("/")[0] for name in models.names})
    for key in ("base_url", "key_variable", "key_file"):
        if len(providers) > 1 and getattr(models, key) is not None:
            raise UsageError(
                f"model.{key} is for one provider, and the models have {len(providers)}: "
                f"{', '.join(providers)}",
                "leave it out: each provider's own server and key are taken then",
            )


def line_of(event: EndpointEvent) -> str:
    """What happened to an endpoint, for whoever watches the run."""
    match event:
        case Paused(endpoint, reason, pause_s):
            return f"{endpoint} gets no calls for {pause_s:.0f} s: {reason}"
        case Stopped(endpoint, reason):
            return f"{endpoint} gets no more calls: {reason}"
        case _:
            return f"{event.endpoint} answers again"


def _key_of(name: str, models: ModelSettings, environ: Mapping[str, str]) -> Secret | None:
    """The key for a model. Raises UsageError where it will surely be asked for and is not there."""
    provider = name.partition("/")[0]
    key = find_key(
        provider,
        environ,
        variable=models.key_variable,
        file=Path(models.key_file) if models.key_file else None,
        is_elsewhere=models.base_url is not None,
    )
    variable = usual_variable(provider)
    if key is None and variable is not None and models.base_url is None:
        raise UsageError(
            f"no key for {name}", f"export {variable}, or name a file: --set model.key_file=FILE"
        )
    return key

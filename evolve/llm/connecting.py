"""Endpoints -> clients: which SDK speaks to whom, and what holds for all of them."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from evolve.llm.endpoint import Endpoint
from evolve.llm.failure import CallError
from evolve.llm.keys import Scrubber
from evolve.llm.message import Client, Reply, Request
from evolve.llm.timing import Timing
from evolve.llm.wire import Wire


def connect(endpoint: Endpoint, scrubber: Scrubber, timing: Timing | None = None) -> Client:
    """A client for an endpoint; imports the SDK that it needs.

    Args:
        endpoint: whom to ask.
        scrubber: knows every key of the run.
        timing: whose clock measures latencies.
    """
    wire = _wire(endpoint)
    scrubber.guard_logs()  # after the import: an SDK's loggers are there now
    return _WireClient(wire, endpoint.timeout_s, scrubber, timing or Timing())


def _wire(endpoint: Endpoint) -> Wire:
    match endpoint.provider:
        case "openai":
            from evolve.llm.openai_wire import OpenAIWire

            return OpenAIWire(endpoint)
        case "anthropic":
            from evolve.llm.anthropic_wire import AnthropicWire

            return AnthropicWire(endpoint)
        case _:
            from evolve.llm.litellm_wire import LiteLLMWire

            return LiteLLMWire(endpoint)


class _WireClient:
    """Adds to an SDK what it lacks: a deadline for the whole call, latency, no key anywhere."""

    def __init__(self, wire: Wire, timeout_s: float, scrubber: Scrubber, timing: Timing) -> None:
        self._wire = wire
        self._timeout_s = timeout_s
        self._scrubber = scrubber
        self._clock = timing.clock

    async def complete(self, request: Request) -> Reply:
        started_s = self._clock()
        outcome = await self._outcome(request)
        latency_s = self._clock() - started_s
        if isinstance(outcome, CallError):
            # a new one, raised here: the SDK's exception, which may quote headers, is not its cause
            raise self._scrubbed(outcome, latency_s)
        return self._clean(outcome, latency_s)

    async def close(self) -> None:
        await self._wire.close()

    async def _outcome(self, request: Request) -> Reply | CallError:
        try:
            async with asyncio.timeout(self._timeout_s):
                raw = await self._wire.send(request)
            return self._wire.read(self._scrubber.raw(raw))
        except TimeoutError:
            return CallError("timeout", f"no whole answer within {self._timeout_s:g} s")
        except CallError as error:
            return error

    def _scrubbed(self, error: CallError, latency_s: float) -> CallError:
        return CallError(
            error.kind,
            self._scrubber.said(error.reason),
            retry_after_s=error.retry_after_s,
            reply=error.reply and self._clean(error.reply, latency_s),
            raw=self._scrubber.raw(error.raw),
        )

    def _clean(self, reply: Reply, latency_s: float) -> Reply:
        text, model = self._scrubber.exact(reply.text), self._scrubber.exact(reply.model)
        return replace(reply, text=text, model=model, latency_s=latency_s)

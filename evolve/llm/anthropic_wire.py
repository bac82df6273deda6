"""Anthropic's messages through the anthropic SDK."""

from __future__ import annotations

from typing import Any

import anthropic
import httpx2

from evolve.llm.endpoint import Endpoint
from evolve.llm.failure import CallError
from evolve.llm.message import Reply, Request
from evolve.llm.reading import read_message
from evolve.llm.status import failure_of_status
from evolve.llm.wire import bounded, failure_of_link

_ANTHROPIC = "https://api.anthropic.com"  # named here: the SDK would let the environment decide
_NO_KEY = "none"  # without one the SDK looks for credentials in the environment and on disk


class AnthropicWire:
    """One endpoint through `anthropic.AsyncAnthropic`."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._sdk = anthropic.AsyncAnthropic(
            api_key=endpoint.key.reveal() if endpoint.key else _NO_KEY,
            base_url=endpoint.base_url or _ANTHROPIC,
            max_retries=0,
            timeout=endpoint.timeout_s,
            # a redirect would carry the key to wherever it points
            http_client=anthropic.DefaultAsyncHttpxClient(follow_redirects=False),
        )

    async def send(self, request: Request) -> bytes:
        call = self._sdk.messages.with_streaming_response.create(**self._body(request))
        try:
            async with call as response:
                return await bounded(response.iter_bytes(), self._endpoint.max_reply_mb)
        except (anthropic.APIError, httpx2.HTTPError) as error:
            raise _failure(error) from None

    def read(self, raw: bytes) -> Reply:
        return read_message(raw)

    async def close(self) -> None:
        await self._sdk.close()

    def _body(self, request: Request) -> dict[str, Any]:
        system = "\n\n".join(m.content for m in request.messages if m.role == "system")
        turns = [m for m in request.messages if m.role != "system"]
        body: dict[str, Any] = {
            "model": self._endpoint.name,
            "max_tokens": request.max_output_tokens,
            "messages": [{"role": m.role, "content": m.content} for m in turns],
            # given with the call, or the SDK refuses a large max_tokens without streaming
            "timeout": self._endpoint.timeout_s,
        }
        if system:
            body["system"] = system
        if request.temperature is not None:
            # no longer a parameter of the SDK: its newest models refuse it, older ones take it
            body["extra_body"] = {"temperature": request.temperature}
        return body


def _failure(error: Exception) -> CallError:
    if isinstance(error, anthropic.APIStatusError):
        body = error.body or error.message
        return failure_of_status(error.status_code, error.response.headers, body)
    is_late = isinstance(error, anthropic.APITimeoutError | httpx2.TimeoutException)
    return failure_of_link(error, is_late)

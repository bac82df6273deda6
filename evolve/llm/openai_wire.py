"""OpenAI's chat completions through the openai SDK, at OpenAI or any server that speaks them."""

from __future__ import annotations

import re
from typing import Any

import httpx
import openai

from evolve.llm.endpoint import Endpoint
from evolve.llm.failure import CallError
from evolve.llm.message import Reply, Request
from evolve.llm.reading import read_chat_completion
from evolve.llm.status import failure_of_status
from evolve.llm.wire import bounded, failure_of_link

_OPENAI = "https://api.openai.com/v1"  # named here: the SDK would let the environment decide
_NO_KEY = "none"  # the SDK insists on one
# OpenAI's models that reason refuse `max_tokens`, behind a gateway, too
_REASONS = re.compile(r"(.*/)?(o\d|gpt-[5-9]|gpt-\d\d)")


class OpenAIWire:
    """One endpoint through `openai.AsyncOpenAI`."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._sdk = openai.AsyncOpenAI(
            api_key=endpoint.key.reveal() if endpoint.key else _NO_KEY,
            base_url=endpoint.base_url or _OPENAI,
            max_retries=0,
            timeout=endpoint.timeout_s,
            # a redirect would carry the key to wherever it points
            http_client=openai.DefaultAsyncHttpxClient(follow_redirects=False),
        )

    async def send(self, request: Request) -> bytes:
        call = self._sdk.chat.completions.with_streaming_response.create(**self._body(request))
        try:
            async with call as response:
                return await bounded(response.iter_bytes(), self._endpoint.max_reply_mb)
        except (openai.APIError, httpx.HTTPError) as error:
            raise _failure(error) from None

    def read(self, raw: bytes) -> Reply:
        return read_chat_completion(raw)

    async def close(self) -> None:
        await self._sdk.close()

    def _body(self, request: Request) -> dict[str, Any]:
        at_openai = self._endpoint.base_url is None or _REASONS.match(self._endpoint.name)
        # older servers of others ignore the newer name, and would write without end
        limit = "max_completion_tokens" if at_openai else "max_tokens"
        sampling = {"temperature": request.temperature, "seed": request.seed}
        return {
            "model": self._endpoint.name,
            "messages": [{"role": m.role, "content": m.content} for m in request.messages],
            limit: request.max_output_tokens,
            **{name: value for name, value in sampling.items() if value is not None},
        }


def _failure(error: Exception) -> CallError:
    if isinstance(error, openai.APIStatusError):
        body = error.body or error.message
        return failure_of_status(error.status_code, error.response.headers, body)
    is_late = isinstance(error, openai.APITimeoutError | httpx.TimeoutException)
    return failure_of_link(error, is_late)

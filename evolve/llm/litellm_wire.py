"""Every other provider, through litellm: imported here alone, and made to stay at home."""

from __future__ import annotations

import os
from typing import Any

import openai

from evaluators.errors import UsageError
from evolve.llm.endpoint import Endpoint
from evolve.llm.failure import CallError
from evolve.llm.message import Reply, Request
from evolve.llm.reading import read_chat_completion
from evolve.llm.status import failure_of_status
from evolve.llm.wire import chain, was_sent

# Read by litellm at import. Without them it fetches its price map and its table of headers from
# GitHub, and loads whatever `.env` it finds above the working directory.
_STAY_HOME = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",
    "LITELLM_LOCAL_BLOG_POSTS": "True",
    "LITELLM_LOCAL_AUTOROUTER_PRESETS": "True",
    "LITELLM_LOCAL_POLICY_TEMPLATES": "True",
    "LITELLM_MODE": "PRODUCTION",
}


_NO_KEY = "none"  # for a server of the user's: no key that it is not meant for goes there
_STUMBLES = {"JSONDecodeError", "UnicodeDecodeError", "AttributeError", "KeyError", "TypeError"}
_BROKEN_LINKS = {"ReadError", "RemoteProtocolError", "ClientPayloadError", "ClientOSError"}


class LiteLLMWire:
    """One endpoint through `litellm.acompletion`, whose answers have OpenAI's form."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._litellm = _import_litellm()
        self._takes_seed = "seed" in self._known_parameters()

    async def send(self, request: Request) -> bytes:
        try:
            response = await self._litellm.acompletion(**self._arguments(request))
        except openai.OpenAIError as error:  # the root of litellm's exceptions, too
            raise _failure(error) from None
        raw: bytes = response.model_dump_json().encode("utf-8", "replace")
        if len(raw) > self._endpoint.max_reply_mb * 2**20:
            raise CallError("invalid reply", f"longer than {self._endpoint.max_reply_mb:g} MB")
        return raw

    def read(self, raw: bytes) -> Reply:
        return read_chat_completion(raw)

    async def close(self) -> None:
        await self._litellm.close_litellm_async_clients()

    def _known_parameters(self) -> list[str]:
        model = self._endpoint.model
        try:
            self._litellm.get_llm_provider(model=model)
            return list(self._litellm.get_supported_openai_params(model=model) or ())
        except openai.BadRequestError:
            raise UsageError(
                f"litellm knows no provider of {model}", "see docs.litellm.ai/docs/providers"
            ) from None

    def _key(self) -> str | None:
        """The key that is sent; None: litellm looks for the provider's own in the environment."""
        if self._endpoint.key is not None:
            return self._endpoint.key.reveal()
        return None if self._endpoint.base_url is None else _NO_KEY

    def _arguments(self, request: Request) -> dict[str, Any]:
        return {
            "model": self._endpoint.model,
            "messages": [{"role": m.role, "content": m.content} for m in request.messages],
            "max_tokens": request.max_output_tokens,
            "temperature": request.temperature,
            "seed": request.seed if self._takes_seed else None,
            "api_key": self._key(),
            "api_base": self._endpoint.base_url,
            "timeout": self._endpoint.timeout_s,
            "num_retries": 0,
            "max_retries": 0,
            "drop_params": False,  # or it might drop the limit of the output
        }


def _import_litellm() -> Any:
    os.environ.update(_STAY_HOME)
    import litellm
    from litellm.llms.custom_httpx.http_handler import AsyncHTTPHandler

    litellm.suppress_debug_info = True  # it prints advice to the terminal otherwise
    # It sends a request again, whatever it is told about retries, when a connection breaks: the
    # first may be paid for, and one reservation must not pay for two.
    AsyncHTTPHandler.single_connection_post_request = _raise_what_broke  # type: ignore[method-assign]
    return litellm


async def _raise_what_broke(*_: Any, **__: Any) -> Any:
    raise  # noqa: PLE0704  # called while the broken connection is being handled


def _failure(error: openai.OpenAIError) -> CallError:
    """By what an exception was raised from: its own class makes a refusal a server's error."""
    names, text = {type(link).__name__ for link in chain(error)}, str(error)
    if not was_sent(error):
        return CallError("connection", text)
    if isinstance(error, openai.APITimeoutError):
        return CallError("timeout", text)
    if names & _BROKEN_LINKS:
        return CallError("connection lost", text)
    if names & _STUMBLES:  # of its reader, over what came
        return CallError("invalid reply", text)
    if "ContentPolicyViolationError" in names:
        return CallError("content filter", text)
    _, _, said = text.partition(" - ")  # "litellm.RateLimitError: GroqException - {the body}"
    headers = getattr(error, "litellm_response_headers", None) or {}
    return failure_of_status(getattr(error, "status_code", 500), headers, said or text)

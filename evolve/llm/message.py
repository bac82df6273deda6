"""What a model is asked and what it answers: plain data, the same for every provider."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal, Protocol

from evaluators.identity import sha256_json

Role = Literal["system", "user", "assistant"]
FinishReason = Literal["stop", "length", "content filter", "tool call", "other"]


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation."""

    role: Role
    content: str


@dataclass(frozen=True)
class Request:
    """Everything that decides what a model is asked; no key, no address, no clock.

    `model` is `provider/name`. `max_output_tokens` is always sent and includes reasoning. What is
    None is not sent: models that reason refuse a temperature. A seed is sent where the interface
    has one; Anthropic's has none.
    """

    model: str
    messages: tuple[Message, ...]
    max_output_tokens: int
    temperature: float | None = None
    seed: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Request:
        """The request that `to_json` gave."""
        return cls(**{**data, "messages": tuple(Message(**m) for m in data["messages"])})

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the request: a recorded reply is found by it."""
        return sha256_json(self.to_json())


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the endpoint counts them."""

    input_tokens: int  # all of them, cached and newly cached ones included
    output_tokens: int  # all of them, reasoning included
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0

    @property
    def total_tokens(self) -> int:
        """Input and output together: what a token budget counts."""
        return self.input_tokens + self.output_tokens


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back.

    `usage` is None when the endpoint gave none, or one that cannot be; `usd` is None when nobody
    knows the price. `raw` is the body as received (of litellm: its own JSON form), with keys
    scrubbed, from which `text`, `model`, `usage` and `finish_reason` can be read again.
    """

    text: str
    model: str  # as the endpoint calls it
    usage: Usage | None
    finish_reason: FinishReason
    raw: bytes
    latency_s: float = 0.0
    usd: Decimal | None = None


class Client(Protocol):
    """Who answers requests."""

    async def complete(self, request: Request) -> Reply:
        """The reply to a request. Raises CallError."""
        ...

    async def close(self) -> None:
        """Give the connections back."""
        ...

"""Where a model answers: its name, address, key and time-out, as the user configured them."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from evaluators.errors import UsageError
from evolve.llm.keys import Secret


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One model at one address.

    Attributes:
        model: `provider/name`: `openai/gpt-5`, `anthropic/claude-opus-4-5`, `groq/...`.
        base_url: of an OpenAI-compatible (or Anthropic-compatible) server; None: the provider's.
        key: None where the server asks for none, or where litellm finds it in the environment.
        timeout_s: for one call, from sending to the last byte; queueing at the server counts.
        max_reply_mb: longer bodies are refused.
    """

    model: str
    base_url: str | None = None
    key: Secret | None = None
    timeout_s: float = 600.0
    max_reply_mb: float = 8.0

    def __post_init__(self) -> None:
        if not self.provider or not self.name:
            raise UsageError(
                f"{self.model!r} names no model", "PROVIDER/NAME, such as openai/gpt-5"
            )
        if self.base_url is not None:
            _check_base_url(self.base_url)

    @property
    def provider(self) -> str:
        """What stands before the first slash."""
        return self.model.partition("/")[0]

    @property
    def name(self) -> str:
        """What the provider calls the model."""
        return self.model.partition("/")[2]


def _check_base_url(base_url: str) -> None:
    hint = "such as http://127.0.0.1:8000/v1"
    try:
        parts = urlsplit(base_url)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname)
        _ = parts.port
    except ValueError:
        is_address = False
        parts = urlsplit("")
    if "@" in parts.netloc or parts.query or parts.fragment:
        # not quoted here: what stands there may be a key
        raise UsageError("a base URL holds neither a user nor a query", f"the key apart, {hint}")
    if not is_address:
        raise UsageError(f"{base_url!r} is no base URL", hint)

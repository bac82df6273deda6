"""What can go wrong with a call: kinds, which of them are worth another try, and at what cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from evaluators.errors import AdrsError
from evolve.llm.message import Reply

FailureKind = Literal[
    "authentication",
    "not found",
    "quota",
    "invalid request",
    "rate limit",
    "overloaded",
    "server",
    "connection",
    "connection lost",
    "timeout",
    "invalid reply",
    "content filter",
    "empty",
    "cut off",
    "stopped",
    "paused",
]


@dataclass(frozen=True, slots=True)
class _Kind:
    is_retryable: bool
    is_free: bool  # certain that nothing is charged, unless a reply came with it
    concerns: Literal["account", "endpoint", "request"]  # what is at fault, as far as one can tell


_KINDS: dict[FailureKind, _Kind] = {
    "authentication": _Kind(False, True, "account"),
    "not found": _Kind(False, True, "account"),
    "quota": _Kind(False, True, "account"),
    "stopped": _Kind(False, True, "account"),
    "invalid request": _Kind(False, True, "request"),
    "content filter": _Kind(False, True, "request"),
    "cut off": _Kind(False, False, "request"),
    "empty": _Kind(True, False, "request"),
    "rate limit": _Kind(True, True, "endpoint"),
    "overloaded": _Kind(True, True, "endpoint"),
    "server": _Kind(True, True, "endpoint"),  # no provider charges for its own errors
    "paused": _Kind(True, True, "endpoint"),  # by us, before it was sent
    "connection": _Kind(True, True, "endpoint"),  # never reached
    "connection lost": _Kind(True, False, "endpoint"),  # reached; what it did is not known
    "timeout": _Kind(True, False, "endpoint"),
    "invalid reply": _Kind(True, False, "endpoint"),
}
_LONGEST_REASON = 300


class CallError(AdrsError):
    """A call that gave nothing usable.

    Attributes:
        kind: what went wrong.
        reason: one line for whoever reads the run's status; holds no key once it left a `Client`.
        retry_after_s: how long the endpoint asked to wait, None if it did not.
        reply: what was answered nevertheless (a refusal, an empty text): it was charged for.
        raw: the body that could not be read, if one came.
    """

    def __init__(
        self,
        kind: FailureKind,
        reason: str,
        *,
        retry_after_s: float | None = None,
        reply: Reply | None = None,
        raw: bytes = b"",
    ) -> None:
        self.kind = kind
        self.reason = one_line(reason)
        self.retry_after_s = retry_after_s
        self.reply = reply
        self.raw = raw
        super().__init__(f"{kind}: {self.reason}")

    @property
    def is_retryable(self) -> bool:
        """Whether the same request may well succeed later."""
        return _KINDS[self.kind].is_retryable

    @property
    def is_free(self) -> bool:
        """Whether it is certain that nothing was charged."""
        return _KINDS[self.kind].is_free and self.reply is None

    @property
    def concerns(self) -> Literal["account", "endpoint", "request"]:
        """What is at fault: no call will succeed, none for now, or only this one failed."""
        return _KINDS[self.kind].concerns


def one_line(text: str, longest: int = _LONGEST_REASON) -> str:
    """The text with every run of white space or unprintable characters as one blank, cut."""
    words = "".join(c if c.isprintable() else " " for c in text[: 4 * longest]).split()
    line = " ".join(words)
    return line if len(line) <= longest else line[: longest - 1] + "…"

"""HTTP answers that are no replies: status, headers and body -> what went wrong."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from evolve.llm.failure import CallError, FailureKind

_KINDS: dict[int, FailureKind] = {
    401: "authentication",
    402: "quota",
    403: "authentication",
    404: "not found",
    408: "timeout",
    409: "server",  # a lock within the provider; the SDKs try these again, too
    429: "rate limit",
    502: "connection lost",  # a gateway speaks: what became of the call behind it is not known
    503: "overloaded",
    504: "timeout",
    520: "connection lost",
    521: "connection lost",
    522: "timeout",
    524: "timeout",
    529: "overloaded",  # Anthropic's own
}
_CODES: dict[str, FailureKind] = {
    "insufficient_quota": "quota",
    "billing_not_active": "quota",
    "content_filter": "content filter",
    "content_policy_violation": "content filter",
}


def failure_of_status(status: int, headers: Mapping[str, str], body: object) -> CallError:
    """What an answer with this status says.

    Args:
        status: of HTTP, not 200.
        headers: with lower-case names, or without regard to case.
        body: decoded JSON if it was JSON, else text or nothing.
    """
    message, code = _said(body)
    if 300 <= status < 400:
        where = headers.get("location", "elsewhere")
        return CallError("not found", f"{status}: moved to {where}; name the final base URL")
    fallback: FailureKind = "server" if status >= 500 else "invalid request"
    kind = _CODES.get(code) or _KINDS.get(status, fallback)
    reason = f"{status} {message or _phrase(status)}"
    return CallError(kind, reason, retry_after_s=retry_after_s(headers))


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Seconds that the endpoint asks to wait; a date counts from the answer's own date."""
    for name, unit_s in (("retry-after-ms", 1e-3), ("retry-after", 1.0)):
        value = headers.get(name)
        if value is None:
            continue
        seconds = _number(value, unit_s)
        return seconds if seconds is not None else _until(value, headers.get("date"))
    return None


def _number(value: str, unit_s: float) -> float | None:
    try:
        seconds = float(value) * unit_s
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _until(then: str, now: str | None) -> float | None:
    try:
        wait = parsedate_to_datetime(then) - parsedate_to_datetime(now or "")
    except (ValueError, TypeError):  # no date, or one with and one without a time zone
        return None
    return max(wait.total_seconds(), 0.0)


def _said(body: object) -> tuple[str, str]:
    """(message, code) of an error body: OpenAI's and Anthropic's forms, or text."""
    if isinstance(body, str | bytes):
        text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
        try:
            body = json.loads(text)
        except (ValueError, RecursionError):
            return text, ""
    error: Any = body.get("error", body) if isinstance(body, dict) else body
    if not isinstance(error, dict):
        return (str(error) if error else ""), ""
    code = error.get("code") or error.get("type") or ""
    return str(error.get("message", "")), str(code)


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "no reason"

"""Bodies of replies as bytes -> `Reply`: OpenAI's chat completions and Anthropic's messages.

Endpoints that imitate these formats differ in what they leave out, so nothing is believed to be
there: what is missing or has another type counts as not given.
"""

from __future__ import annotations

import json
from typing import Any, TypeGuard

from evolve.llm.failure import CallError
from evolve.llm.message import FinishReason, Reply, Usage

_MOST_TOKENS = 10**12  # of a call: more was never counted, and an archive's integers have an end
_OPENAI_REASONS: dict[str, FinishReason] = {
    "stop": "stop",
    "length": "length",
    "content_filter": "content filter",
    "tool_calls": "tool call",
    "function_call": "tool call",
}
_ANTHROPIC_REASONS: dict[str, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "content filter",
    "tool_use": "tool call",
}


def read_chat_completion(raw: bytes) -> Reply:
    """The reply in an OpenAI chat completion. Raises CallError."""
    body = _object(raw)
    choice = _first(body.get("choices"))
    message = _dict(choice.get("message"))
    text = _text(message.get("content"))
    reason = _OPENAI_REASONS.get(str(choice.get("finish_reason")), "other")
    if not text and message.get("refusal"):
        reason = "content filter"
    usage = _chat_usage(_dict(body.get("usage")), text)
    return _usable(Reply(text, str(body.get("model", "")), usage, reason, raw))


def read_message(raw: bytes) -> Reply:
    """The reply in an Anthropic message. Raises CallError."""
    body = _object(raw)
    text = _text(body.get("content"))
    reason = _ANTHROPIC_REASONS.get(str(body.get("stop_reason")), "other")
    usage = _message_usage(_dict(body.get("usage")), text)
    return _usable(Reply(text, str(body.get("model", "")), usage, reason, raw))


def _usable(reply: Reply) -> Reply:
    """The reply, if something can be made of it. A text that was cut off is one's own to judge."""
    if reply.finish_reason == "content filter":
        raise CallError("content filter", "the provider filtered the reply", reply=reply)
    if reply.text.strip():
        return reply
    if reply.finish_reason == "length":
        spent = reply.usage.output_tokens if reply.usage else "all"
        raise CallError("cut off", f"{spent} output tokens and no text yet", reply=reply)
    if reply.finish_reason == "tool call":
        raise CallError("empty", "a call of a tool and no text", reply=reply)
    raise CallError("empty", "no text in the reply", reply=reply)


# -- usage -----------------------------------------------------------------------------------


def _chat_usage(usage: dict[str, Any], text: str) -> Usage | None:
    prompt, completion = usage.get("prompt_tokens"), usage.get("completion_tokens")
    if not _is_count(prompt) or not _is_count(completion):
        return None
    total = _count(usage, "total_tokens")
    inputs = _dict(usage.get("prompt_tokens_details"))
    outputs = _dict(usage.get("completion_tokens_details"))
    written = ("cache_write_tokens", "cache_creation_tokens")
    counted = Usage(
        input_tokens=prompt,
        # some count reasoning in the total alone
        output_tokens=max(completion, total - prompt),
        cached_tokens=_count(inputs, "cached_tokens"),
        cache_write_tokens=max(_count(inputs, name) for name in written),
        reasoning_tokens=_count(outputs, "reasoning_tokens"),
    )
    return _possible(counted, text)


def _message_usage(usage: dict[str, Any], text: str) -> Usage | None:
    fresh, output = usage.get("input_tokens"), usage.get("output_tokens")
    if not _is_count(fresh) or not _is_count(output):
        return None
    cached = _count(usage, "cache_read_input_tokens")
    written = _count(usage, "cache_creation_input_tokens")
    return _possible(Usage(fresh + cached + written, output, cached, written), text)


def _possible(usage: Usage, text: str) -> Usage | None:
    """The usage unless it cannot be true: then the call is booked at its worst case."""
    wrote = usage.output_tokens > 0 or not text
    cached = usage.cached_tokens + usage.cache_write_tokens
    return usage if usage.input_tokens > 0 and wrote and cached <= usage.input_tokens else None


def _is_count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST_TOKENS


def _count(data: dict[str, Any], name: str) -> int:
    value = data.get(name)
    return value if _is_count(value) else 0


# -- untrusted JSON --------------------------------------------------------------------------


def _object(raw: bytes) -> dict[str, Any]:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise CallError("invalid reply", f"not UTF-8 at byte {error.start}", raw=raw) from None
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        start = text[:80]
        what = "HTML" if start.lstrip().lower().startswith(("<!doctype", "<html")) else "not JSON"
        raise CallError("invalid reply", f"{what}: {start!r}", raw=raw) from None
    if not isinstance(body, dict):
        raise CallError("invalid reply", f"JSON, but no object: {text[:80]!r}", raw=raw)
    if body.get("error"):  # gateways wrap the errors of who stands behind them in a 200
        raise CallError("invalid reply", f"200 with an error: {body['error']}", raw=raw)
    return body


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _first(value: object) -> dict[str, Any]:
    return _dict(value[0]) if isinstance(value, list) and value else {}


def _text(content: object) -> str:
    """A text, or the text parts of a list of parts; as text that any store can hold."""
    if isinstance(content, list):
        parts = [_dict(part) for part in content]
        content = "".join(str(p.get("text", "")) for p in parts if p.get("type") == "text")
    if not isinstance(content, str):
        return ""
    return content.encode("utf-8", "replace").decode("utf-8").replace("\0", "\ufffd")

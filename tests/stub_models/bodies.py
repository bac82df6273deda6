"""Replies in the two wire formats."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

Format = Literal["openai", "anthropic"]
_STOPS = {
    "stop": "end_turn",
    "length": "max_tokens",
    "content_filter": "refusal",
    "tool_calls": "tool_use",
}
_TOOL = {"name": "search", "input": {}}


def reply(
    form: Format, model: str, text: str, *, finish: str = "stop", usage: tuple[int, int] | None
) -> dict[str, Any]:
    """A whole reply. `finish` in OpenAI's words; `usage`: (input, output) tokens."""
    made = _openai(model, text, finish) if form == "openai" else _anthropic(model, text, finish)
    if usage is not None:
        made["usage"] = _usage(form, *usage)
    return made


def error(form: Format, kind: str, message: str, code: str | None = None) -> dict[str, Any]:
    """The body of an HTTP error."""
    if form == "openai":
        return {"error": {"message": message, "type": kind, "param": None, "code": code}}
    return {"type": "error", "error": {"type": kind, "message": message}}


def tokens_of(body: Mapping[str, Any], text: str) -> tuple[int, int]:
    """(input, output) tokens of a call: a quarter of the bytes, at most the limit."""
    written = sum(len(str(m["content"]).encode()) for m in body.get("messages", ()))
    written += len(str(body.get("system", "")).encode())
    limit = body.get("max_completion_tokens") or body.get("max_tokens") or 10**9
    return 1 + written // 4, min(1 + len(text.encode()) // 4, limit)


def _openai(model: str, text: str, finish: str) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": text}
    if finish == "tool_calls":
        call = {"name": _TOOL["name"], "arguments": "{}"}
        calls = [{"id": "call_1", "type": "function", "function": call}]
        message = {"role": "assistant", "content": None, "tool_calls": calls}
    choice = {"index": 0, "message": message, "finish_reason": finish, "logprobs": None}
    # service_tier: what litellm's reader of Groq's answers does not do without
    head = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": model}
    return {**head, "choices": [choice], "service_tier": "default"}


def _anthropic(model: str, text: str, finish: str) -> dict[str, Any]:
    content: list[dict[str, Any]] = [{"type": "text", "text": text}] if text else []
    if finish == "tool_calls":
        content = [{"type": "tool_use", "id": "toolu_1", **_TOOL}]
    head = {"id": "msg_1", "type": "message", "role": "assistant", "model": model}
    return {**head, "content": content, "stop_reason": _STOPS[finish], "stop_sequence": None}


def _usage(form: Format, read: int, written: int) -> dict[str, Any]:
    if form == "anthropic":
        return {"input_tokens": read, "output_tokens": written}
    total = read + written
    return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": total}

"""What a request may meet, by name: each writes its answer, or whatever it does instead."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from tests.stub_models import bodies

HUGE_BYTES = 20 * 2**20
OVERSTATED = (9_000_000, 1_000_000)  # tokens
RETRY_AFTER_S = 7
_DRIP_S = 0.02


@dataclass(frozen=True)
class Exchange:
    """One request and where its answer goes."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    form: bodies.Format
    headers: Mapping[str, str]
    body: Mapping[str, Any]
    text: str  # what a good answer would say

    @property
    def model(self) -> str:
        return str(self.body.get("model", ""))

    @property
    def key(self) -> str:
        """The key as it came."""
        bearer = self.headers.get("authorization", "").removeprefix("Bearer ")
        return self.headers.get("x-api-key") or bearer

    def reply(self, text: str | None = None, **made: Any) -> bytes:
        said = self.text if text is None else text
        usage = made.pop("usage", bodies.tokens_of(self.body, said))
        return _json(bodies.reply(self.form, self.model, said, usage=usage, **made))

    async def send(self, body: bytes, status: int = 200, **headers: str) -> None:
        lines = {"content-type": "application/json", "content-length": str(len(body))}
        lines |= {name.replace("_", "-"): value for name, value in headers.items()}
        self.writer.write(_head(status, lines) + body)
        await self.writer.drain()

    async def send_chunks(self, chunks: list[bytes], last: bool = True) -> None:
        lines = {"content-type": "application/json", "transfer-encoding": "chunked"}
        framed = [b"%x\r\n%s\r\n" % (len(c), c) for c in chunks]
        self.writer.write(_head(200, lines) + b"".join(framed) + b"0\r\n\r\n" * last)
        await self.writer.drain()


Answer = Callable[[Exchange], Awaitable[None]]


def _json(data: Any) -> bytes:
    return json.dumps(data).encode()


def _head(status: int, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} Said", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def _status(
    status: int, kind: str, message: str, e: Exchange, code: str | None = None, **headers: str
) -> None:
    await e.send(_json(bodies.error(e.form, kind, message, code)), status, **headers)


async def _unauthorized(e: Exchange) -> None:
    """Quotes the key whole, in part and with its middle starred, as providers have done."""
    key = e.key
    starred = f"{key[:8]}{'*' * 12}{key[-4:]}"
    message = f"Incorrect API key provided: {starred}. Got {key}, which begins with {key[:12]}."
    await e.send(_json(bodies.error(e.form, "authentication_error", message)), 401, x_echo=key)


async def _reset(e: Exchange) -> None:
    on, no_linger_s = 1, 0
    linger = struct.pack("ii", on, no_linger_s)  # close() then sends RST instead of FIN
    e.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    e.writer.transport.abort()


async def _reset_midway(e: Exchange) -> None:
    await e.send_chunks([e.reply()[:20]], last=False)
    await asyncio.sleep(_DRIP_S)  # so that the head arrives before the reset
    await _reset(e)


async def _silence(e: Exchange) -> None:
    await e.reader.read()  # until the other side goes away


async def _slow_drip(e: Exchange) -> None:
    e.writer.write(_head(200, {"content-type": "application/json", "content-length": "100000"}))
    gone = asyncio.ensure_future(e.reader.read())
    while not gone.done():
        e.writer.write(b" ")
        await asyncio.wait({gone}, timeout=_DRIP_S)


async def _html(e: Exchange) -> None:
    page = b"<!DOCTYPE html><html><body>Sign in to the hotel's network</body></html>"
    await e.send(page, content_type="text/html")


async def _bad_json(e: Exchange) -> None:
    await e.send(e.reply()[:-7])


async def _empty_choices(e: Exchange) -> None:
    empty = json.loads(e.reply())
    empty["choices" if e.form == "openai" else "content"] = []
    await e.send(_json(empty))


async def _not_utf8(e: Exchange) -> None:
    await e.send(e.reply("MARK").replace(b"MARK", b"caf\xe9 \xff\xfe"))


async def _duplicated_chunks(e: Exchange) -> None:
    body = e.reply()
    first, rest = body[:20], body[20:]
    await e.send_chunks([first, first, rest])


async def _wrapped_error(e: Exchange) -> None:
    await e.send(_json({"error": {"message": "the model behind is down", "code": 502}}))


async def _impossible_usage(e: Exchange) -> None:
    made = json.loads(e.reply())
    made["usage"] = dict.fromkeys(made["usage"], -5)
    await e.send(_json(made))


def _replying(text: str | None = None, **made: Any) -> Answer:
    async def answer(e: Exchange) -> None:
        await e.send(e.reply(text, **made))

    return answer


async def _echoed_key(e: Exchange) -> None:
    await e.send(e.reply(f"your key is {e.key}"))


FAULTS: dict[str, Answer] = {
    "ok": _replying(),
    "unauthorized": _unauthorized,
    "forbidden": partial(_status, 403, "permission_error", "your country is not served"),
    "missing model": partial(_status, 404, "not_found_error", "there is no such model"),
    "bad request": partial(_status, 400, "invalid_request_error", "temperature is not supported"),
    "redirect": partial(_status, 307, "moved", "", location="http://127.0.0.1:9/elsewhere"),
    "rate limit": partial(_status, 429, "rate_limit_error", "slow down"),
    "rate limit with a hint": partial(
        _status, 429, "rate_limit_error", "slow down", retry_after=str(RETRY_AFTER_S)
    ),
    "quota": partial(_status, 429, "insufficient_quota", "no credit", code="insufficient_quota"),
    "server error": partial(_status, 500, "api_error", "it broke"),
    "bad gateway": partial(_status, 502, "api_error", "nobody behind"),
    "unavailable": partial(_status, 503, "api_error", "loading the model"),
    "overloaded": partial(_status, 529, "overloaded_error", "Overloaded"),
    "reset": _reset,
    "reset midway": _reset_midway,
    "silence": _silence,
    "slow drip": _slow_drip,
    "HTML": _html,
    "bad JSON": _bad_json,
    "wrapped error": _wrapped_error,
    "duplicated chunks": _duplicated_chunks,
    "not UTF-8": _not_utf8,
    "20 MB": _replying("x" * HUGE_BYTES),
    "empty choices": _empty_choices,
    "empty text": _replying(""),
    "content filter": _replying("", finish="content_filter"),
    "tool call": _replying("", finish="tool_calls"),
    "cut off": _replying("def guess(last):\n    retu", finish="length"),
    "all reasoning": _replying("", finish="length", usage=(10, 64)),
    "no usage": _replying(usage=None),
    "impossible usage": _impossible_usage,
    "uncountable usage": _replying(usage=(10**19, 5)),
    "overstated usage": _replying(usage=OVERSTATED),
    "echoed key": _echoed_key,
}

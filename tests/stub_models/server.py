"""The server itself: reads requests, counts and records them, answers by plan."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.stub_models.bodies import Format
from tests.stub_models.faults import FAULTS, Exchange
from tests.stub_models.plans import Latency, Plan, constant, script

Text = Callable[[Mapping[str, Any], int], str]  # (request's body, its number) -> what is answered

_PATHS: dict[str, Format] = {"/v1/chat/completions": "openai", "/v1/messages": "anthropic"}
_DEFAULT_TEXT = "```python\ndef guess(last):\n    return last\n```"


@dataclass(frozen=True)
class Received:
    """A request as it came. Headers hold keys: they are kept in memory only."""

    number: int
    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]
    fault: str
    at_s: float


class StubModels:
    """Models that say `text` and fail by `plan`. `requests` grows as they come."""

    def __init__(
        self,
        plan: Plan | None = None,
        text: Text | str = _DEFAULT_TEXT,
        latency_s: Latency | None = None,
    ) -> None:
        self.requests: list[Received] = []
        self.answered = 0
        self.in_flight = 0
        self.peak_in_flight = 0
        self.url = ""
        self._plan = plan or script()
        self._text: Text = (lambda body, number: text) if isinstance(text, str) else text
        self._latency_s = latency_s or constant(0.0)

    @property
    def openai_url(self) -> str:
        return f"{self.url}/v1"

    @property
    def anthropic_url(self) -> str:
        return self.url

    async def serve(self, port: int, ready: Callable[[], None]) -> None:
        """Answer until cancelled."""
        server = await asyncio.start_server(self._connection, "127.0.0.1", port, limit=2**26)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        ready()
        async with server:
            await server.serve_forever()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        gone = (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError)
        with contextlib.suppress(*gone):
            while not writer.is_closing():
                await self._exchange(reader, writer)
        writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        verb, path, _ = head[0].split(" ", 2)
        headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in head[1:])}
        raw = await reader.readexactly(int(headers.get("content-length", 0)))
        form = _PATHS.get(path.partition("?")[0])
        if verb == "GET" or form is None:
            exchange = Exchange(reader, writer, "openai", headers, {}, "")
            known = self._page(path)
            await exchange.send(json.dumps(known).encode(), 404 if known is None else 200)
            return
        await self._answer(reader, writer, form, path, headers, json.loads(raw))

    async def _answer(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        form: Format,
        path: str,
        headers: Mapping[str, str],
        body: Mapping[str, Any],
    ) -> None:
        number = len(self.requests)
        fault = self._plan(number)
        self.requests.append(Received(number, path, headers, body, fault, time.monotonic()))
        self.in_flight += 1
        self.peak_in_flight = max(self.peak_in_flight, self.in_flight)
        try:
            await asyncio.sleep(self._latency_s(number))
            text = self._text(body, number)
            await FAULTS[fault](Exchange(reader, writer, form, headers, body, text))
            self.answered += 1
        finally:
            self.in_flight -= 1

    def _page(self, path: str) -> Any:
        """What can be asked about the server itself."""
        if path == "/health":
            return {"status": "ok"}
        if path == "/stats":
            faults = Counter(r.fault for r in self.requests)
            counts = {"requests": len(self.requests), "answered": self.answered}
            return {**counts, "peak_in_flight": self.peak_in_flight, "by_fault": faults}
        if path == "/requests":
            return [
                {"number": r.number, "path": r.path, "fault": r.fault, "at_s": r.at_s, **r.body}
                for r in self.requests
            ]
        return None


@contextlib.contextmanager
def running(stub: StubModels | None = None, port: int = 0) -> Iterator[StubModels]:
    """The server in a thread of this process, for the time of the block."""
    stub = stub or StubModels()
    loop = asyncio.new_event_loop()
    ready = threading.Event()
    serving = loop.create_task(stub.serve(port, ready.set))
    thread = threading.Thread(target=_run, args=(loop, serving), daemon=True)
    thread.start()
    ready.wait()
    try:
        yield stub
    finally:
        loop.call_soon_threadsafe(serving.cancel)
        thread.join()


def _run(loop: asyncio.AbstractEventLoop, serving: asyncio.Task[None]) -> None:
    with contextlib.suppress(asyncio.CancelledError):
        loop.run_until_complete(serving)
    left = asyncio.all_tasks(loop)  # connections that are being kept waiting
    for task in left:
        task.cancel()
    if left:
        loop.run_until_complete(asyncio.wait(left))
    loop.close()


def refusing_url() -> str:
    """A URL at which nobody listens."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{closed.getsockname()[1]}"

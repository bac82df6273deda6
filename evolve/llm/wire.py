"""What an SDK is to this package, and what all of them need."""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterator
from typing import Protocol

from evolve.llm.failure import CallError
from evolve.llm.message import Reply, Request

_UNSENT = {"ConnectError", "ConnectTimeout", "PoolTimeout"}
_SENT = {"ConnectionResetError", "BrokenPipeError"}  # litellm calls these a ConnectError, too


class Wire(Protocol):
    """One SDK: puts a request on the wire, without tries of its own."""

    async def send(self, request: Request) -> bytes:
        """The body of a successful answer. Raises CallError, whose reason may still hold keys."""
        ...

    def read(self, raw: bytes) -> Reply:
        """The reply in a body. Raises CallError."""
        ...

    async def close(self) -> None: ...


async def bounded(chunks: AsyncIterable[bytes], longest_mb: float) -> bytes:
    """The chunks as one body. Raises CallError when it gets longer than that."""
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > longest_mb * 2**20:
            raise CallError("invalid reply", f"longer than {longest_mb:g} MB")
    return bytes(body)


def failure_of_link(error: BaseException, is_late: bool) -> CallError:
    """What an exception says that is about the connection: never made, too slow, or lost."""
    *_, first = chain(error)  # an SDK's own text says only that there was an error
    reason = f"{type(first).__name__}: {first}"
    if not was_sent(error):
        return CallError("connection", reason)
    return CallError("timeout" if is_late else "connection lost", reason)


def was_sent(error: BaseException) -> bool:
    """Whether the request of a failed call may have reached the endpoint.

    By the names of the exceptions: the SDKs use two generations of httpx, and aiohttp.
    """
    names = {type(link).__name__ for link in chain(error)}
    return not names & _UNSENT or bool(names & _SENT)


def chain(error: BaseException) -> Iterator[BaseException]:
    """The exception, then what it was raised from, and so on."""
    link: BaseException | None = error
    while link is not None:
        yield link
        link = link.__cause__ or link.__context__

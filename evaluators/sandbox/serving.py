"""The child's loop: read the calls of a trip, let the policy answer, write the replies.

Runs in the sealed child alone. Whatever the policy raises ends here as a status and a text.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from numpy import ndarray

from evaluators.sandbox.frame import ENTRY, HEAD, STATUS, TEXT_BYTES, Status, reply_stride
from evaluators.sandbox.leaf import Sizes, WireError
from evaluators.sandbox.loading import (
    POLICY_FILE,
    Entry,
    ForbiddenImportError,
    NoEntryError,
)
from evaluators.sandbox.randomness import Randomness
from evaluators.sandbox.wire import Reader, SignatureLayout

_FRAMES = 3
_PLAIN = (float, int, ndarray)  # asking whether they are mappings costs as much as deciding


@dataclass
class Episode:
    """One workload's policy: its decider and what `given` has bound."""

    decide: Callable[[Mapping[str, Any]], Any]
    sizes: Sizes


class Server:
    """Answers trips until the request pipe closes."""

    def __init__(
        self, layout: SignatureLayout, request: mmap.mmap, reply: mmap.mmap, pipes: tuple[int, int]
    ) -> None:
        self._layout = layout
        self._request = memoryview(request)
        self._reply = reply
        self._stride = reply_stride(layout)
        self._wake_fd, self._done_fd = pipes
        self._sequence = 0
        self._episodes: dict[int, Episode] = {}

    def load(self, make: Callable[[], Entry], randomness: Randomness, source: str) -> None:
        """Load the policy and report how that went as the first reply."""
        self._randomness = randomness
        try:
            self._entry = make()
            self._given = Reader(self._layout.given, self._entry.given)
            self._observation = Reader(self._layout.observation, self._entry.observation)
            self._write(0, Status.OK, b"")
        except BaseException as error:  # noqa: BLE001  # a policy may raise anything
            self._write(0, *failed(error, source))
        self._source = source
        self._done(0)

    def serve(self) -> None:
        """Answer trip after trip."""
        while os.read(self._wake_fd, 1):
            self._sequence, count = HEAD.unpack_from(self._request)
            offset = HEAD.size
            for i in range(count):
                HEAD.pack_into(self._reply, 0, self._sequence - 1, i)
                episode, given_bytes, seen_bytes = ENTRY.unpack_from(self._request, offset)
                start = offset + ENTRY.size
                offset = start + given_bytes + seen_bytes
                try:
                    answer = self._answer(episode, start, start + given_bytes, offset)
                    self._write(i, Status.OK, answer)
                except BaseException as error:  # noqa: BLE001  # a policy may raise anything
                    self._write(i, *failed(error, self._source))
            self._done(count - 1)

    def _answer(self, number: int, start: int, middle: int, end: int) -> bytes:
        if middle > start:
            self._begin(number, start, middle)
        self._randomness.enter(number)
        episode = self._episodes[number]
        sizes = dict(episode.sizes)
        seen = self._observation.read(self._request, middle, end, sizes)
        return self._layout.encode_answer(self._named(episode.decide(seen)), sizes)

    def _begin(self, number: int, start: int, end: int) -> None:
        sizes = self._layout.start_sizes()
        constants = self._given.read(self._request, start, end, sizes)
        self._randomness.begin(number, sizes.get("seed", 0))
        self._episodes[number] = Episode(self._entry.begin(constants), sizes)

    def _named(self, answer: Any) -> Mapping[str, Any]:
        names = self._layout.action_names
        if type(answer) in _PLAIN or not isinstance(answer, Mapping):
            if len(names) > 1:
                raise WireError(
                    f"the answer is {type(answer).__name__}, expected a mapping of {names}"
                )
            return {names[0]: answer}
        if set(answer) != set(names):
            given = ", ".join(sorted(map(str, answer)))
            raise WireError(f"the answer has fields {given}, expected {', '.join(names)}")
        return answer

    def _write(self, index: int, status: Status, content: bytes) -> None:
        place = HEAD.size + index * self._stride
        STATUS.pack_into(self._reply, place, status, len(content))
        start = place + STATUS.size
        self._reply[start : start + len(content)] = content

    def _done(self, served: int) -> None:
        HEAD.pack_into(self._reply, 0, self._sequence, served)
        os.write(self._done_fd, b"!")


def failed(error: BaseException, source: str) -> tuple[Status, bytes]:
    """A status and a bounded text for whom it concerns: the policy's author."""
    kinds: list[tuple[type[BaseException], Status]] = [
        (WireError, Status.INVALID_ACTION),
        (MemoryError, Status.MEMORY),
        (ForbiddenImportError, Status.FORBIDDEN_IMPORT),
        (NoEntryError, Status.NO_ENTRY),
        (SyntaxError, Status.SYNTAX),
    ]
    status = next((s for kind, s in kinds if isinstance(error, kind)), Status.CRASH)
    text = str(error) if status != Status.CRASH else f"{type(error).__name__}: {error}"
    if status not in (Status.INVALID_ACTION, Status.NO_ENTRY, Status.SYNTAX):
        text += _where(error.__traceback__, source.splitlines())
    return status, text.encode(errors="replace")[:TEXT_BYTES]


def _where(trace: TracebackType | None, lines: list[str]) -> str:
    """The last places in the policy that the traceback passes through."""
    places: list[str] = []
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_filename == POLICY_FILE and 0 < trace.tb_lineno <= len(lines):
            line = lines[trace.tb_lineno - 1].strip()
            places.append(f"\n  line {trace.tb_lineno} in {code.co_name}: {line}")
        trace = trace.tb_next
    return "".join(places[-_FRAMES:])

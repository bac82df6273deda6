"""The process that speaks to Ray for an engine: Ray itself never enters the engine's own.

`python -m evaluators.execution.cluster.broker` reads a line of terms and then a job per line; what
it answers is a line each, too. It holds no key of the user's, dies with the engine, and takes a Ray
that it started with it. When Ray goes away it ends; the engine starts another and asks again.
"""

from __future__ import annotations

import json
import queue
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, TextIO

from evaluators.errors import UsageError
from evaluators.execution.cluster import node
from evaluators.execution.cluster.actor import NodeSlot
from evaluators.execution.cluster.admission import Admission
from evaluators.execution.cluster.connection import connect
from evaluators.execution.cluster.dealing import Dealer
from evaluators.execution.cluster.ray_fleet import RayFleet
from evaluators.execution.message import Greeting
from evaluators.execution.slot import private_streams
from evaluators.sandbox import sealing

LOOK_S = 1.0  # between two looks at who is alive
SILENT_S = 30.0  # a Ray that has not said for so long who is alive has gone away
STATE_S = 0.5  # between two words on how things stand


@dataclass(frozen=True, slots=True)
class Terms:
    """What the engine says first."""

    address: str  # `local`, or where a Ray is
    slots: int | None
    greeting: Greeting
    least: str  # level of protection
    one_device: bool
    device: str

    def encode(self) -> str:
        """One line."""
        return json.dumps({**asdict(self), "greeting": self.greeting.encode()})

    @staticmethod
    def decode(line: str) -> Terms:
        """The terms of one line."""
        data = json.loads(line)
        return Terms(**{**data, "greeting": Greeting.decode(data["greeting"])})


class Broker:
    """One thread that takes events in the order of their coming; others only post them."""

    def __init__(self, terms: Terms, say: Callable[[Mapping[str, Any]], None], kind: type) -> None:
        code = node.code()
        self._events: queue.SimpleQueue[tuple[str, int, Any]] = queue.SimpleQueue()
        self._fleet = RayFleet(terms.greeting, code, kind, self.post)
        admission = Admission(code, terms.least, terms.one_device, terms.device)
        self._dealer = Dealer(self._fleet, say, admission, terms.slots)
        self._say = say
        self._said: Mapping[str, Any] = {}
        self._says_at = 0.0

    def post(self, kind: str, slot: int, what: Any) -> None:
        """Something has come; from any thread."""
        self._events.put((kind, slot, what))

    def watch(self) -> None:
        """Post again and again who is alive."""
        while True:
            self.post("alive", 0, self._fleet.nodes())
            time.sleep(LOOK_S)

    def read(self, inbox: TextIO) -> None:
        """Post the engine's jobs, and its end."""
        for line in inbox:
            self.post("job", 0, json.loads(line))
        self.post("end", 0, None)

    def serve(self) -> None:
        """Until the engine closes the stream. Raises ConnectionError when Ray has gone away."""
        looked_at = time.monotonic()
        while True:
            try:
                kind, slot, what = self._events.get(timeout=STATE_S)
            except queue.Empty:
                kind, slot, what = "nothing", 0, None
            if kind == "end":
                return
            if kind == "alive":
                looked_at = time.monotonic()
            elif kind == "gone" or time.monotonic() > looked_at + SILENT_S:
                raise ConnectionError(what or "Ray does not say any more who is alive")
            self._take(kind, slot, what)
            self._tell_state()

    def _take(self, kind: str, slot: int, what: Any) -> None:
        match kind:
            case "alive":
                self._dealer.look(what)
            case "job":
                self._dealer.submit(**what)
            case "started":
                self._dealer.started(slot, *what)
            case "answered":
                self._dealer.answered(slot, *what)
            case "lost":
                self._dealer.lost(slot, *what)

    def _tell_state(self) -> None:
        words = {"state": asdict(self._dealer.state), "wanted": self._dealer.wanted}
        if words != self._said and time.monotonic() >= self._says_at:
            self._said, self._says_at = words, time.monotonic() + STATE_S
            self._say(words)


def serve(inbox: TextIO, say: Callable[[Mapping[str, Any]], None], kind: type) -> None:
    """Connect, and serve the engine to its end. Raises UsageError, ConnectionError."""
    terms = Terms.decode(inbox.readline())
    sealing.die_with_parent(terms.greeting.engine_pid)
    connect(terms.address, terms.slots)
    broker = Broker(terms, say, kind)

    def watch() -> None:
        try:
            broker.watch()
        except Exception as error:  # noqa: BLE001  # whatever Ray raises when it is not there
            broker.post("gone", 0, str(error))

    for work in (watch, lambda: broker.read(inbox)):
        threading.Thread(target=work, daemon=True).start()
    broker.serve()


def main(kind: type = NodeSlot) -> None:
    """`kind` is the class of the actors."""
    inbox, outbox = private_streams()

    def say(words: Mapping[str, Any]) -> None:
        outbox.write(json.dumps(words) + "\n")
        outbox.flush()

    try:
        serve(inbox, say, kind)
    except UsageError as error:
        say({"message": error.message, "hint": error.hint})
        sys.exit(2)
    except ConnectionError as error:
        sys.exit(f"{error}")


if __name__ == "__main__":
    main()

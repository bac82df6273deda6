"""Ctrl-C at safe points: never between two rows of the journal, never lost in a library."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

Check = Callable[[], None]


def anywhere() -> None:
    """A check where an interrupt may come at any moment anyway."""


@contextmanager
def safe_points() -> Iterator[Check]:
    """A check that raises KeyboardInterrupt once Ctrl-C was pressed; a second press acts at once.

    Python raises KeyboardInterrupt wherever the program happens to be; inside a finalizer or a
    callback it is printed and forgotten. Outside the main thread signals cannot be handled: there
    the check does nothing.
    """
    pressed = threading.Event()

    def note(_signal: int, _frame: FrameType | None) -> None:
        if pressed.is_set():
            raise KeyboardInterrupt
        pressed.set()

    def check() -> None:
        if pressed.is_set():
            raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield check
        return
    before = signal.signal(signal.SIGINT, note)
    try:
        yield check
    finally:
        signal.signal(signal.SIGINT, before)

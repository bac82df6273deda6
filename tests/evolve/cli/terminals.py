"""Standard output as a terminal without colours: every control character in it is somebody's."""

from __future__ import annotations

import io
import sys

import pytest

COMMANDED = "\x1b\x07\x08\x7f\x9b\u202e"
"""Some of what a terminal obeys."""


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def on_a_terminal(monkeypatch: pytest.MonkeyPatch, name: str = "stdout") -> io.StringIO:
    """What is written there from now on; `name` is that of the stream."""
    monkeypatch.setenv("TERM", "dumb")  # so that rich writes no colours
    monkeypatch.setenv("COLUMNS", "200")
    terminal = _Terminal()
    monkeypatch.setattr(sys, name, terminal)
    return terminal


def commands_in(text: str) -> list[str]:
    """The characters of a text that a terminal would obey."""
    return [c for c in text if c in COMMANDED]

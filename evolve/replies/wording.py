"""Texts of models and policies made fit to be quoted: in a journal, a prompt or a terminal."""

from __future__ import annotations

import re

_UNPRINTABLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
_ELLIPSIS = " ..."


def printable(text: str) -> str:
    """The text with a `?` for every character that controls a terminal or cannot be encoded."""
    return _UNPRINTABLE.sub("?", text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str, most: int) -> str:
    """The text on one line of at most `most` characters."""
    line = " ".join(printable(text[: 4 * most]).split())
    if len(line) <= most and len(text) <= 4 * most:
        return line
    return line[: most - len(_ELLIPSIS)] + _ELLIPSIS

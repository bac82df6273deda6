"""Texts of models and policies made fit to be quoted: in a journal, a prompt or a terminal."""

from __future__ import annotations

from archive.wording import printable

_ELLIPSIS = " ..."


def one_line(text: str, most: int) -> str:
    """The text on one line of at most `most` characters."""
    line = " ".join(printable(text[: 4 * most]).split())
    if len(line) <= most and len(text) <= 4 * most:
        return line
    return line[: most - len(_ELLIPSIS)] + _ELLIPSIS

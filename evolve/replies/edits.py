"""SEARCH/REPLACE blocks of a reply, wherever they stand: in fences, in lists, in plain prose."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from evolve.replies.fences import is_fence
from evolve.replies.reply import RefusedError

MOST_EDITS = 50
_LONGEST_MARKER = 40
_MARKERS = {
    "search": re.compile(r"<{5,}\s*SEARCH\s*:?"),
    "divider": re.compile(r"={5,}"),
    "replace": re.compile(r">{5,}(\s*REPLACE)?\s*:?\s*`*"),  # a fence may be closed in the line
}
_SIGNS = frozenset("<=>")
SEARCH, DIVIDER, REPLACE = "<<<<<<< SEARCH", "=======", ">>>>>>> REPLACE"


@dataclass(slots=True)
class Edit:
    """Lines of a program, and the lines that stand there instead."""

    search: list[str] = field(default_factory=list)
    replace: list[str] = field(default_factory=list)


def starts_edit(line: str) -> bool:
    """Whether the line opens a block."""
    return _marker(line) == "search"


def edits_of(lines: Sequence[str]) -> list[Edit]:
    """The blocks in order, none when no line opens one.

    Raises:
        RefusedError: a block is not complete, or there are too many.
    """
    edits: list[Edit] = []
    part: list[str] | None = None  # the one being read
    for line in lines:
        marker = _marker(line)
        if marker == "search":
            _check(part is None, len(edits), "another block begins inside it")
            edits.append(Edit())
            part = edits[-1].search
        elif part is None:
            continue
        elif marker == "divider" and part is edits[-1].search:
            part = edits[-1].replace
        elif marker == "replace":
            _check(part is edits[-1].replace, len(edits), f"it has no line {DIVIDER!r}")
            part = None
        else:
            part.append(line)
    _check(part is None, len(edits), f"it does not end with the line {REPLACE!r}")
    if len(edits) > MOST_EDITS:
        raise RefusedError(f"there are {len(edits)} changes, expected at most {MOST_EDITS}")
    return [Edit(_unfenced(e.search), _unfenced(e.replace)) for e in edits]


def _check(is_well_formed: bool, number: int, fault: str) -> None:
    if not is_well_formed:
        raise RefusedError(f"change {number} cannot be read: {fault}")


def _marker(line: str) -> str | None:
    stripped = line.strip()
    if stripped[:1] not in _SIGNS or len(stripped) > _LONGEST_MARKER:
        return None
    return next((name for name, form in _MARKERS.items() if form.fullmatch(stripped)), None)


def _unfenced(lines: list[str]) -> list[str]:
    """The lines without a fence around all of them."""
    filled = [i for i, line in enumerate(lines) if line.strip()]
    if len(filled) > 1 and is_fence(lines[filled[0]]) and is_fence(lines[filled[-1]]):
        return lines[filled[0] + 1 : filled[-1]]
    return lines

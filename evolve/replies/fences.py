"""Fenced code blocks of a Markdown text, wherever they are indented to.

Every step is linear in the text: a reply is written by a model, and may be hostile.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_SHORTEST = 3
_BACKTICKS = re.compile("`+")


@dataclass(frozen=True, slots=True)
class _Fence:
    mark: str  # its run of backticks or tildes
    info: str

    def closes(self, opening: _Fence) -> bool:
        return not self.info and self.mark.startswith(opening.mark)


def fenced_blocks(lines: Sequence[str]) -> list[str]:
    """The blocks' contents in order; one that is never closed ends with the text."""
    closed, rest = _spans(lines)
    blocks = ["\n".join(lines[start:stop]) for start, stop in closed]
    if rest is None:
        return blocks
    return [*blocks, "\n".join(lines[rest:]).rstrip().removesuffix("`" * _SHORTEST)]


def until_last_closed(lines: Sequence[str]) -> Sequence[str]:
    """The lines up to the end of the last block that is closed; none when none is."""
    closed, _ = _spans(lines)
    return lines[: closed[-1][1] + 1] if closed else []


def _spans(lines: Sequence[str]) -> tuple[list[tuple[int, int]], int | None]:
    """The first line of each block and the one after its last; where an open one begins."""
    closed: list[tuple[int, int]] = []
    opening: _Fence | None = None
    start = 0
    for i, line in enumerate(lines):
        fence = _fence(line)
        if fence is None:
            continue
        if opening is None:
            opening, start = fence, i + 1
        elif fence.closes(opening):
            closed.append((start, i))
            opening = None
    return closed, None if opening is None else start


def between_fences(lines: Sequence[str]) -> list[str]:
    """All from the first fence to the last, where fences stand between them: may be one block."""
    at = [i for i, line in enumerate(lines) if is_fence(line)]
    return ["\n".join(lines[at[0] + 1 : at[-1]])] if len(at) > 2 else []


def is_fence(line: str) -> bool:
    """Whether the line opens or closes a block."""
    return _fence(line) is not None


def fenced(text: str, info: str) -> str:
    """The text as a block whose fence is longer than any run of backticks in it."""
    longest = max(map(len, _BACKTICKS.findall(text)), default=0)
    mark = "`" * max(_SHORTEST, longest + 1)
    return f"{mark}{info}\n{text.rstrip()}\n{mark}"


def _fence(line: str) -> _Fence | None:
    body = line.lstrip(" \t")
    sign = body[:1]
    if sign not in ("`", "~"):
        return None
    after = body.lstrip(sign)
    mark = body[: len(body) - len(after)]
    if len(mark) < _SHORTEST or (sign == "`" and "`" in after):
        return None
    return _Fence(mark, after.strip())

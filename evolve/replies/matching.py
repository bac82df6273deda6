"""Applies edits to a program: exactly where the lines stand so, else with whitespace loosened.

All edits are held against the program as it was shown, whatever the others do, so their order does
not matter and none can change what another one means.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from evolve.replies.edits import Edit
from evolve.replies.reply import RefusedError
from evolve.replies.wording import one_line

_QUOTED = 100  # characters of a line in a reason


@dataclass(frozen=True, slots=True)
class _Place:
    """Lines `start` to `stop` (exclusive) of the program, and what replaces them."""

    start: int
    stop: int
    lines: Sequence[str]


def apply_edits(source: str, edits: Sequence[Edit]) -> str:
    """The program after all edits.

    Raises:
        RefusedError: an edit's lines stand nowhere or in several places, or two edits overlap.
    """
    lines = source.split("\n")
    places = [_place(lines, edit, number) for number, edit in enumerate(edits, 1)]
    places.sort(key=lambda p: p.start)
    if any(before.stop > after.start for before, after in pairwise(places)):
        raise RefusedError("two changes replace the same lines: make one change of them")
    for place in reversed(places):
        lines[place.start : place.stop] = place.lines
    return "\n".join(lines)


def _place(lines: list[str], edit: Edit, number: int) -> _Place:
    if not any(line.strip() for line in edit.search):
        raise RefusedError(f"change {number} has no line to search for")
    exact = _positions(lines, edit.search)
    if exact:
        start = _only(exact, number)
        return _Place(start, start + len(edit.search), edit.replace)
    return _loosened(lines, edit, number)


def _loosened(lines: list[str], edit: Edit, number: int) -> _Place:
    """Where the lines stand when blank lines and the amount of whitespace do not count."""
    filled = [i for i, line in enumerate(lines) if line.strip()]
    searched = [line for line in edit.search if line.strip()]
    keys = [_key(lines[i]) for i in filled]
    wanted = [_key(line) for line in searched]
    found = _positions(keys, wanted)
    if not found:
        raise RefusedError(_mismatch(keys, wanted, searched, number))
    first = _only(found, number)
    at = filled[first : first + len(wanted)]
    shifts = [_indent(lines[i]) - _indent(line) for i, line in zip(at, searched, strict=True)]
    return _Place(at[0], at[-1] + 1, _shifted(edit.replace, shifts, number))


def _positions(lines: Sequence[str], wanted: Sequence[str]) -> list[int]:
    """Where the wanted lines stand one after another: the first two places, in linear time."""
    text, part = "\n".join(["", *lines, ""]), "\n".join(["", *wanted, ""])
    first = text.find(part)
    second = text.find(part, first + 1) if first >= 0 else -1
    return [text.count("\n", 0, at) for at in (first, second) if at >= 0]


def _only(positions: list[int], number: int) -> int:
    if len(positions) > 1:
        raise RefusedError(
            f"the lines that change {number} searches for stand in the program more than once:"
            " add the lines before or after them"
        )
    return positions[0]


def _mismatch(
    keys: Sequence[str], wanted: Sequence[str], searched: Sequence[str], number: int
) -> str:
    known = set(keys)
    for key, line in zip(wanted, searched, strict=True):
        if key not in known:
            quoted = one_line(line, _QUOTED)
            return f"change {number} searches for a line that the program does not have: {quoted}"
    return (
        f"the lines that change {number} searches for stand in the program,"
        " but not one after another"
    )


def _shifted(replace: Sequence[str], shifts: Sequence[int], number: int) -> list[str]:
    """The replacing lines, moved as the searched ones have to be moved to match.

    The first line may be moved otherwise than all others: often its indentation alone is lost.
    """
    first, *others = shifts
    if len(set(others)) > 1:
        raise RefusedError(f"change {number} searches for lines with another indentation")
    rest = others[0] if others else first
    filled = [i for i, line in enumerate(replace) if line.strip()]
    kept = range(filled[0], filled[-1] + 1) if filled else range(0)
    return [_moved(replace[i], first if i == kept[0] else rest) for i in kept]


def _moved(line: str, columns: int) -> str:
    if not line.strip():
        return ""
    return " " * columns + line if columns > 0 else line[min(-columns, _indent(line)) :]


def _key(line: str) -> str:
    return " ".join(line.split())


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())

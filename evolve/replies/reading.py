"""From the text of a reply to a policy, or to the reason why there is none."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from evolve.replies.acceptance import MOST_BYTES, check_policy
from evolve.replies.edits import edits_of, starts_edit
from evolve.replies.fences import between_fences, fenced_blocks, is_fence
from evolve.replies.matching import apply_edits
from evolve.replies.region import check_region
from evolve.replies.reply import Expected, Form, RefusedError, Rejection, Source
from evolve.replies.wording import one_line

MOST_CHARACTERS = 400_000  # of a reply; models end long before
MOST_PROGRAMS = 3  # that are tried, the last ones: parsing may take long
MOST_NOTE = 600  # characters of the idea that is kept
_TOO_LONG = f"the answer has more than {MOST_CHARACTERS} characters: answer shortly"
_END_OF_THOUGHT = "</think>"  # local models put what they think before the answer


def read_reply(text: str, expected: Expected) -> Source | Rejection:
    """The policy that a reply gives: by edits of the shown program, or as a whole.

    The form need not be the one that was asked for. Never raises, whatever the text; takes time
    linear in it, and a bounded time for what it parses.
    """
    if len(text) > MOST_CHARACTERS:
        return Rejection(_TOO_LONG)
    lines = _answer(text).split("\n")
    note = _note(lines)
    first: Rejection | None = None
    for answer in _answers(lines, expected):
        try:
            return Source(_accepted(answer, expected), note, answer.form)
        except RefusedError as error:
            shown = answer.code if len(answer.code) <= MOST_BYTES else ""
            first = first or Rejection(str(error), note, shown, answer.form)
    return first or Rejection(_no_code(expected), note)


def missing(text: str, entry: str) -> str:
    """Why there is neither a policy nor an edit in a reply, right or wrong; empty when there is."""
    expected = Expected(entry, base="")
    if len(text) > MOST_CHARACTERS:
        return _TOO_LONG
    is_there = any(True for _ in _answers(_answer(text).split("\n"), expected))
    return "" if is_there else _no_code(expected)


@dataclass(frozen=True, slots=True)
class _Answer:
    code: str
    form: Form


def _answers(lines: list[str], expected: Expected) -> Iterator[_Answer]:
    """What may be meant, likeliest first: edits, then whole programs, the last one first."""
    if any(map(starts_edit, lines)):
        yield _Answer(_from_first_edit(lines), "edits")
    defines = re.compile(rf"^[ \t]*def[ \t]+{re.escape(expected.entry)}\b", re.MULTILINE)
    blocks = fenced_blocks(lines) or ["\n".join(lines)]
    holding = [b for b in blocks if defines.search(b) and not any(map(starts_edit, b.split("\n")))]
    programs = [*between_fences(lines), *holding[-MOST_PROGRAMS:]]
    for code in reversed(programs):
        yield _Answer(code, "program")


def _accepted(answer: _Answer, expected: Expected) -> str:
    """The policy's source. Raises RefusedError."""
    if answer.form == "edits":
        source = apply_edits(expected.base, edits_of(answer.code.split("\n")))
    else:
        source = _at_margin(answer.code.lstrip("\n")).rstrip() + "\n"
    check_policy(source, expected)
    check_region(source, expected.frame)
    return source


def _answer(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").rpartition(_END_OF_THOUGHT)[2]


def _at_margin(code: str) -> str:
    """The code of a block that is indented, as in a list, moved to the left."""
    return textwrap.dedent(code) if code[:1].isspace() else code


def _from_first_edit(lines: list[str]) -> str:
    start = next(i for i, line in enumerate(lines) if starts_edit(line))
    return "\n".join(lines[start:])


def _note(lines: list[str]) -> str:
    """The prose before the code."""
    code = (i for i, line in enumerate(lines) if is_fence(line) or starts_edit(line))
    return one_line("\n".join(lines[: next(code, 0)]), MOST_NOTE)


def _no_code(expected: Expected) -> str:
    return (
        f"the answer has no program: put the whole program, with `def {expected.entry}(...)`, into"
        " one block between lines of three backticks"
    )

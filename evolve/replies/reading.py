"""From the text of a reply to a policy, or to the reason why there is none."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from evolve.replies.acceptance import MOST_BYTES, check_policy
from evolve.replies.edits import edits_of, starts_edit
from evolve.replies.fences import between_fences, fenced_blocks, is_fence, until_last_closed
from evolve.replies.ideas import idea_of
from evolve.replies.matching import apply_edits
from evolve.replies.region import check_region
from evolve.replies.reply import Expected, Form, RefusedError, Rejection, Source
from evolve.replies.wording import one_line

MOST_CHARACTERS = 400_000  # of a reply; models end long before
MOST_PROGRAMS = 3  # that are tried, the last ones: parsing may take long
MOST_NOTE = 600  # characters of the idea that is kept
_TOO_LONG = f"the answer has more than {MOST_CHARACTERS} characters: answer shortly"
_CUT_OFF = "the answer was cut off at the greatest length that it may have: write a shorter program"
_THOUGHT, _END_OF_THOUGHT = "<think>", "</think>"  # local models put it before the answer


def read_reply(text: str, expected: Expected, is_cut_off: bool = False) -> Source | Rejection:
    """The policy that a reply gives: by edits of the shown program, or as a whole.

    The form need not be the one that was asked for; of a reply that was cut off only blocks that
    are closed count. Never raises, whatever the text; takes time linear in it, and a bounded time
    for what it parses.
    """
    if len(text) > MOST_CHARACTERS:
        return Rejection(_TOO_LONG)
    lines = _answer(text).split("\n")
    note = _note(lines)
    first: Rejection | None = None
    for answer in _answers(until_last_closed(lines) if is_cut_off else lines, expected):
        said = _judged(answer, expected, note)
        if isinstance(said, Source):
            return said
        first = first or said
    return first or Rejection(_CUT_OFF if is_cut_off else _no_code(expected), note)


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


def _answers(lines: Sequence[str], expected: Expected) -> Iterator[_Answer]:
    """What may be meant, likeliest first: edits, then whole programs, the last one first."""
    if any(map(starts_edit, lines)):
        yield _Answer(_from_first_edit(lines), "edits")
    defines = re.compile(rf"^[ \t]*def[ \t]+{re.escape(expected.entry)}\b", re.MULTILINE)
    blocks = fenced_blocks(lines)
    nested = [inner for block in blocks for inner in fenced_blocks(block.split("\n"))]
    for group in (blocks, between_fences(lines), nested, ["\n".join(lines)]):
        holding = [
            c for c in group if defines.search(c) and not any(map(starts_edit, c.split("\n")))
        ]
        for code in reversed(holding[-MOST_PROGRAMS:]):
            yield _Answer(code, "program")


def _judged(answer: _Answer, expected: Expected, note: str) -> Source | Rejection:
    """The policy of an answer, or what is wrong with it and the code that has to be mended."""
    shown, form = answer.code, answer.form
    try:
        source = _source(answer, expected)
        shown, form = source, "program"  # edits that apply are judged by what they make
        check_policy(source, expected)
        shown = ""  # the shown program tells which lines must stay
        check_region(source, expected.frame)
    except RefusedError as error:
        return Rejection(str(error), note, shown if len(shown) <= MOST_BYTES else "", form)
    return Source(source, note or _idea(source, expected), answer.form)


def _source(answer: _Answer, expected: Expected) -> str:
    """What an answer makes. Raises RefusedError where edits do not apply."""
    if answer.form == "edits":
        return apply_edits(expected.base, edits_of(answer.code.split("\n")))
    return _at_margin(answer.code.lstrip("\n")).rstrip() + "\n"


def _answer(text: str) -> str:
    """A reply without byte order mark and thoughts, in lines that end alike."""
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    is_thought = plain.lstrip().startswith(_THOUGHT) and _END_OF_THOUGHT not in plain
    return "" if is_thought else plain.rpartition(_END_OF_THOUGHT)[2]


def _at_margin(code: str) -> str:
    """The code of a block that is indented, as in a list, moved to the left."""
    return textwrap.dedent(code) if code[:1].isspace() else code


def _from_first_edit(lines: Sequence[str]) -> str:
    start = next(i for i, line in enumerate(lines) if starts_edit(line))
    return "\n".join(lines[start:])


def _note(lines: list[str]) -> str:
    """The prose before the code."""
    code = (i for i, line in enumerate(lines) if is_fence(line) or starts_edit(line))
    return one_line("\n".join(lines[: next(code, 0)]), MOST_NOTE)


def _idea(source: str, expected: Expected) -> str:
    """What the program says of itself, where there is no prose before it."""
    return one_line(idea_of(source, expected.base), MOST_NOTE)


def _no_code(expected: Expected) -> str:
    return (
        f"the answer has no program: put the whole program, with `def {expected.entry}(...)`, into"
        " one block between lines of three backticks"
    )

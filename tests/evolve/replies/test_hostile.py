"""Whatever a model answers, reading it ends soon, raises nothing, and nothing later does either."""

import tracemalloc

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from archive.normal_form import normal_digest, normal_form
from evaluators.contract import Policy
from evaluators.signature import Array, Signature
from evolve.proposers.embedded import parsed
from evolve.replies.acceptance import MOST_BYTES
from evolve.replies.reading import MOST_CHARACTERS, read_reply
from evolve.replies.reply import Rejection, Source
from tests.evolve.replies.cases import BASE, OTHER, block, edit, expecting

EXPECTED = expecting()
ENTRY = "\ndef decide(waiting):\n    return waiting\n"
SIGNATURE = Signature(
    "decide",
    given=(),
    observation=(Array("waiting", "float64", ("n",)),),
    action=(Array("order", "float64", ("n",)),),
    maxima={"n": 9},
)
ROOM = MOST_BYTES - 200


def filled(unit: str, before: str = "", after: str = "") -> str:
    """As many units as a program has room for, in lines that are not too long."""
    if unit.endswith("\n"):
        return before + unit * (ROOM // len(unit)) + after
    line = unit * (1_000 // len(unit))
    return before + "\\\n".join([line] * (ROOM // (len(line) + 2))) + after


BOMBS = {
    "minus": filled("-", "x = ", "1"),
    "not": filled("not ", "x = ", "1"),
    "lambda": filled("lambda:", "x = ", "1"),
    "attribute": filled(".a", "x = a"),
    "call": filled("()", "x = a"),
    "sum": filled("+1", "x = 1"),
    "power": filled("1**", "x = ", "1"),
    "condition": filled("1 if 1 else ", "x = ", "1"),
    "elif": filled("elif 1: pass\n", "if 1: pass\n"),
    "brackets": "x = " + "[" * 199,
    "closed brackets": "x = " + "[" * 190 + "]" * 190,
    "calls in calls": "f(" * 199,
    "replacement fields": "f'" + "{" * 5000,
    "indentation": "".join(" " * i + "if 1:\n" for i in range(99)) + " " * 99 + "pass\n",
    "too much indentation": "".join(" " * i + "if 1:\n" for i in range(200)),
    "integer": "x = " + "9" * ROOM,
    "hexadecimal integer": "x = 0x" + "f" * 5_000,
    "decorators": filled("@a\n", after="def f(): pass\n"),
    "decorators of nothing": filled("@a\n", '"""\n', '"""\n'),
    "definitions": "".join(f"def _{i}(): 0\n" for i in range(1800)),
    "names": "".join(f"_{i} = 0\n" for i in range(3000)),
    "statements": filled("a;"),
    "import": filled("a.", "import ", "a"),
    "escapes": "x = '" + "\\d" * 900 + "'",
    "bad name of a character": r"x = '\N{nobody}'",
    "encoding": "# coding: rot13",
    "byte order mark": "\ufeffx = 1",
    "form feed": "\x0cx = 1",
    "end of file": "x = 1\x1a",
    "surrogate": "x = '\ud800'",
    "null": "x = '\0'",
    "carriage returns": "x = 1\ry = 2\r",
    "ligature": "ﬁ = 1\nfi = 2",
}


def read_and_used(text: str) -> Source | Rejection:
    """What the engine does with a reply: read, compare, and propose from it later."""
    read = read_reply(text, EXPECTED)
    if isinstance(read, Source):
        assert normal_digest(read.text) not in EXPECTED.known
        assert normal_form(read.text)  # written anew, as an operator does
        assert Policy("", read.text).digest
        program = parsed(read.text, SIGNATURE)
        assert program is None or program.source_of(program.tree)
    else:
        assert read.reason == read.reason.encode().decode()
        assert len(read.reason) < 400
    return read


@pytest.mark.parametrize("name", BOMBS)
def test_no_program_brings_the_engine_down(name: str):
    read_and_used(block(BOMBS[name] + ENTRY))
    read_and_used(block(ENTRY + BOMBS[name]))
    read_and_used(edit("LIMIT = 4", BOMBS[name]))


@pytest.mark.parametrize("name", ["minus", "attribute", "sum", "elif", "brackets", "integer"])
def test_bombs_are_refused(name: str):
    assert isinstance(read_and_used(block(ENTRY + BOMBS[name])), Rejection)


MOST = MOST_CHARACTERS - 1_000
FLOODS = {
    "newlines": "\n" * MOST,
    "spaces": " " * MOST,
    "backticks": "`" * MOST,
    "fences": "```\n" * (MOST // 4),
    "fence with much space": "```" + " " * (MOST // 2) + "`",
    "searches": "<<<<<<< SEARCH\n" * (MOST // 15),
    "dividers": "=======\n" * (MOST // 8),
    "empty edits": edit("", "") * (MOST // 42),
    "edits": edit("LIMIT = 4", "") * (MOST // 50),
    "a long search": edit("LIMIT = 4\n" * (MOST // 11), ""),
    "angles": "<" * MOST,
    "programs": block(BASE) * (MOST // len(block(BASE))),
    "definitions": "def decide" * (MOST // 10),
    "blank lines before a definition": "\n" * (MOST // 2) + " " * (MOST // 2) + "def",
    "thoughts": "</think>" * (MOST // 8),
    "decorators": "@a\n" * (MOST // 3),
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", FLOODS)
def test_a_flood_ends_in_a_rejection(name: str):
    assert isinstance(read_and_used(FLOODS[name]), Rejection)


def test_a_reply_of_20_mb_costs_no_memory():
    reply = "x" * 20_000_000
    tracemalloc.start()
    try:
        assert isinstance(read_reply(reply, EXPECTED), Rejection)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


PIECES = st.sampled_from([
    "```", "~~~", "```python", "<<<<<<< SEARCH", "=======", ">>>>>>> REPLACE", "<think>",
    "</think>", "LIMIT = 4", "LIMIT = 5", "def decide(waiting):", "    return waiting", "class A:",
    "'''", "(", "\\", "# é", "\t", "", "@a", "\0", "\ud800",
])  # fmt: skip


@given(st.one_of(st.text(), st.lists(st.one_of(PIECES, st.text(max_size=8))).map("\n".join)))
@example("```\n" + OTHER)
@example("\r".join(OTHER.split("\n")))
def test_any_text_is_a_policy_or_a_reason(text: str):
    read_and_used(text)


@given(st.lists(PIECES).map("\n".join))
def test_any_text_between_fences_is_a_policy_or_a_reason(text: str):
    read_and_used(block(text + ENTRY, mark="`" * 9))

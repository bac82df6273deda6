import difflib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evolve.replies.edits import Edit
from evolve.replies.matching import apply_edits
from evolve.replies.reply import RefusedError
from tests.evolve.replies.cases import BASE

LINES = st.lists(
    st.sampled_from(
        ["a = 1", "    a = 1", "b  = 2", "b = 2", "", "  ", "\tc", "return a", "x" * 9]
    ),
    max_size=12,
)


def change(search: str, replace: str) -> Edit:
    return Edit(search.split("\n"), replace.split("\n") if replace else [])


def edits_between(old: list[str], new: list[str]) -> list[Edit]:
    """Edits from one text to the other, each with as much around it as makes it unique."""
    edits: list[Edit] = []
    start = 0  # of the first line that no edit has
    for _, i, j, k, m in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if old[i:j] == new[k:m]:
            continue
        before, after = i, j
        while before > start and not is_unique(old, old[before:after]):
            before -= 1
        while after < len(old) and not is_unique(old, old[before:after]):
            after += 1
        if not is_unique(old, old[before:after]):
            return [Edit(old, new)]
        edits.append(Edit(old[before:after], [*old[before:i], *new[k:m], *old[j:after]]))
        start = after
    return edits


def is_unique(lines: list[str], part: list[str]) -> bool:
    n = len(part)
    found = sum(lines[i : i + n] == part for i in range(len(lines) - n + 1))
    return any(line.strip() for line in part) and found == 1


@given(LINES, LINES)
def test_the_changes_between_two_programs_make_one_of_the_other(old: list[str], new: list[str]):
    old = ["first", *old]
    edits = edits_between(old, new) if old != new else []
    assert apply_edits("\n".join(old), edits) == "\n".join(new if edits else old)


@given(LINES, st.data())
def test_loosened_whitespace_never_changes_what_an_exact_match_gives(lines, data):
    start = data.draw(st.integers(0, len(lines)))
    stop = data.draw(st.integers(start, len(lines)))
    part = lines[start:stop]
    if not any(line.strip() for line in part):
        return
    expected = "\n".join([*lines[:start], "    new", *lines[stop:]])
    if is_unique(lines, part):
        assert apply_edits("\n".join(lines), [Edit(part, ["    new"])]) == expected
    else:
        with pytest.raises(RefusedError, match="more than once"):
            apply_edits("\n".join(lines), [Edit(part, ["    new"])])


def test_every_edit_means_the_program_that_was_shown():
    swapped = apply_edits("a\nb\nc", [change("c", "a"), change("a", "c")])
    assert swapped == "c\nb\na"


def test_lines_are_found_with_other_indentation_and_replaced_with_the_programs():
    search = "if len(order) > LIMIT:\n    order = order[:LIMIT]"
    edited = apply_edits(BASE, [change(search, "while len(order) > 9:\n    order = order[1:]")])
    assert "    while len(order) > 9:\n        order = order[1:]\n    return order" in edited


def test_only_the_first_line_may_have_lost_its_indentation():
    search = "if len(order) > LIMIT:\n        order = order[:LIMIT]"
    edited = apply_edits(BASE, [change(search, "if servers:\n        order = order[1:]")])
    assert "    if servers:\n        order = order[1:]\n    return order" in edited


def test_a_deeper_search_moves_its_lines_back():
    edits = [change("        return 1", "        return 2")]
    assert apply_edits("def f():\n    return 1\n", edits) == "def f():\n    return 2\n"


def test_blank_lines_and_spacing_do_not_count():
    edited = apply_edits(BASE, [change("import numpy as np\nLIMIT  =  4", "LIMIT = 5")])
    assert "LIMIT = 5" in edited
    assert "numpy" not in edited


def test_nothing_in_place_of_lines_takes_them_out():
    assert apply_edits("a\nb\nc", [Edit(["b"], [])]) == "a\nc"


SLANTED = """
if len(order) > LIMIT:
order = order[:LIMIT]
      return order
"""


@pytest.mark.parametrize(
    ("edits", "reason"),
    [
        ([change("limit = 4", "LIMIT = 5")], "does not have: limit = 4"),
        ([change("LIMIT = 4\nreturn order", "pass")], "not one after another"),
        ([change("order", "pass")], "does not have: order"),
        ([change("  \n", "pass")], "no line to search for"),
        ([change("LIMIT = 4", "x"), change("LIMIT = 4", "y")], "same lines"),
        ([change("LIMIT = 4\n def decide(waiting, servers):\nreturn order", "x")], "not one after"),
        ([change(SLANTED, "x")], "another indentation"),
    ],
)
def test_what_cannot_be_applied_is_refused_with_a_reason(edits: list[Edit], reason: str):
    with pytest.raises(RefusedError, match=reason):
        apply_edits(BASE, edits)


def test_lines_that_stand_twice_but_for_their_whitespace_are_refused():
    with pytest.raises(RefusedError, match="more than once"):
        apply_edits("if a:\n    b\nelse:\n        b\n", [change("b", "c")])

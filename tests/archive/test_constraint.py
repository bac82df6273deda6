"""What a user requires, and what is said of values that break it."""

import pytest

from archive.constraint import breaking_words, broken, parse_constraint
from evaluators.contract import Objective

MOVED = Objective("moved", "1", "lower", "exact", reference=1.0, worst=1.0, resolution=1e-3)
GAIN = Objective("gain", "1", "higher", "exact", reference=0.0, worst=-1.0, resolution=0.1)
REQUIRED = [parse_constraint(text, (MOVED, GAIN)) for text in ("moved<=0.1", " gain >= 2.0")]
GOOD, STILL, BAD = ({"moved": m, "gain": g} for m, g in ((0.1, 2.0), (0.0, 1.9), (0.2, 0.0)))


@pytest.mark.parametrize(
    ("text", "shown"),
    [("moved<=0.1", "moved<=0.1"), (" gain >= 2.0 ", "gain>=2"), ("moved<=1e-7", "moved<=1e-07")],
)
def test_a_constraint_is_written_as_it_is_required(text, shown):
    constraint = parse_constraint(text, (MOVED, GAIN))
    assert constraint.text == shown
    assert parse_constraint(shown, (MOVED, GAIN)) == constraint


def test_what_values_break():
    assert [[c.text for c in broken(REQUIRED, v)] for v in (GOOD, STILL, BAD)] == [
        [], ["gain>=2"], ["moved<=0.1", "gain>=2"],
    ]  # fmt: skip
    assert broken([], BAD) == []


def test_how_many_break_what():
    assert breaking_words(REQUIRED, [GOOD, STILL], "here") == "1 of 2 here break gain>=2"
    both = "2 of 3 here break moved<=0.1 or gain>=2"
    assert breaking_words(REQUIRED, [BAD, GOOD, STILL], "here") == both
    assert breaking_words(REQUIRED, [GOOD], "here") == ""
    assert breaking_words([], [BAD], "here") == ""

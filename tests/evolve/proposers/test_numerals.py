import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evolve.proposers.numerals import REACH, Slot, slots, with_values
from evolve.proposers.syntax import Program
from tests.evolve.proposers.policies import POLICIES, SIGNATURE

NUMBERS = '''"""1.5 in words."""
import numpy as np

LIMIT, BIG = 0.25, 1e300  # 7 in a comment


def decide(load, waiting, weight=-3.5):
    a = load[:, 3].mean(axis=2) + 1e-12
    b = (1.0 - LIMIT) * 2.0 + 1.0 * weight
    c = np.zeros((4, 5)) + load[-6:].max() + 9
    text = "é", 1.25
    return {"order": [], "admit": 0 if a > 1 else 17, "is_urgent": True}
'''


def test_only_numbers_that_say_how_much_are_lifted():
    found = [s.value for s in slots(Program(NUMBERS, SIGNATURE))]
    assert found == [0.25, 3.5, 2.0, 1.0, 6, 9, 1.25, 17]


def test_everything_else_stays_to_the_letter():
    program = Program(NUMBERS, SIGNATURE)
    found = slots(program)
    assert with_values(NUMBERS, found, [s.value for s in found]) == NUMBERS
    changed = with_values(NUMBERS, found, [0.5, 0.125, 44.0, 8.0, 5, 123, 6.75, 2])
    assert "weight=-0.125)" in changed
    assert '"é", 6.75' in changed
    assert "# 7 in a comment" in changed
    assert [s.value for s in slots(Program(changed, SIGNATURE))] == [
        0.5, 0.125, 44.0, 8.0, 5, 123, 6.75, 2,
    ]  # fmt: skip


@pytest.mark.parametrize("name", sorted(POLICIES))
@given(data=st.data())
def test_any_move_gives_a_policy_with_those_numbers(name, data):
    source = POLICIES[name]
    found = slots(Program(source, SIGNATURE))
    values = [s.at(data.draw(st.floats(-9, 9))) for s in found]
    changed = with_values(source, found, values)
    ast.parse(changed)
    assert len(slots(Program(changed, SIGNATURE))) <= len(found)
    assert [type(v) for v in values] == [type(s.value) for s in found]


@given(value=st.floats(1e-6, 0.999) | st.floats(1.0, 1e6) | st.integers(2, 10**6))
def test_no_move_leaves_a_number_as_it_is(value):
    slot = Slot(1, 0, 1, value)
    assert slot.at(0.0) == pytest.approx(value, rel=1e-3)
    assert slot.at(0.3) >= slot.at(0.0) >= slot.at(-0.3)
    assert slot.at(REACH) == slot.at(100.0)
    if value < 1:
        assert 0.0 <= slot.at(-100.0) <= slot.at(100.0) <= 1.0

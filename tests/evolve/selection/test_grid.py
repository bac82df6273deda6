from collections import Counter

import numpy as np
import pytest

from evaluators.contract import Feature, Score
from evolve.selection.grid import Grid
from tests.evolve.selection.entries import entry, make_front

FEATURES = (Feature("gain", lambda score: score.values["gain"]["w"]),)


def grid(*entries) -> Grid:
    made = Grid(make_front, FEATURES, bins=5)
    for one in entries:
        made.tell(one)
    return made


@pytest.mark.parametrize(("value", "cell"), [(0.0, 0), (0.19, 0), (0.2, 1), (0.99, 4), (1.0, 4)])
def test_a_cell_is_a_fifth_of_the_range(value, cell):
    assert grid().cell_of(Score({"gain": {"w": value}})) == (cell,)


def test_what_lies_outside_of_the_range_is_in_the_cell_at_its_end():
    assert grid().cell_of(Score({"gain": {"w": -0.5}})) == (0,)
    assert grid().cell_of(Score({"gain": {"w": 7.0}})) == (4,)


def test_every_way_to_behave_has_the_same_chance_and_its_worst_have_none():
    crowd = [entry(i, 0.5, 0.1 * i) for i in range(1, 7)]  # one cell, only 1 is on its front
    alone = entry(9, 0.9, 0.9)
    selection, valid = grid(*crowd, alone), [*crowd, alone]
    rng = np.random.default_rng(0)
    chosen = Counter(selection.choose(10, valid, valid, rng)[0].number for _ in range(1000))
    assert set(chosen) == {1, 9}
    assert 400 < chosen[9] < 600


def test_two_different_parents_where_there_are_two():
    both = [entry(1, 0.1, 0.1), entry(2, 0.9, 0.9)]
    rng = np.random.default_rng(0)
    for _ in range(100):
        first, second = grid(*both).choose(3, both, both, rng)
        assert first.number != second.number


def test_before_anything_is_valid_what_is_there_is_a_parent():
    failed = entry(1, 0.0, 0.0, failed=True)
    assert grid(failed).choose(2, [], [failed], np.random.default_rng(0)) == [failed]

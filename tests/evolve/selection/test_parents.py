from collections import Counter

import numpy as np

from archive.entry import Entry, Proposal
from evaluators.contract import Score
from evolve.selection.parents import choose_parents


def entry(number):
    proposal = Proposal(number, "", str(number), str(number), (), "seed/x", "")
    return Entry(number, proposal, Score({}), "front", {"search": {}})


def test_two_different_parents_where_there_are_two():
    rng = np.random.default_rng(0)
    front, valid = [entry(2), entry(5)], [entry(i) for i in range(1, 8)]
    for _ in range(200):
        first, second = choose_parents(front, valid, rng)
        assert first.number != second.number


def test_a_single_entry_is_the_only_parent():
    assert [e.number for e in choose_parents([], [entry(1)], np.random.default_rng(0))] == [1]


def test_the_front_is_preferred_but_nothing_valid_is_out_of_reach():
    rng = np.random.default_rng(1)
    front, valid = [entry(9)], [entry(i) for i in range(1, 11)]
    first = Counter(choose_parents(front, valid, rng)[0].number for _ in range(2000))
    assert first[9] > 1500
    assert set(first) == set(range(1, 11))

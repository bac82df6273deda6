from collections import Counter

import numpy as np

from evolve.selection.contribution import ByContribution
from tests.evolve.selection.entries import LIMITS, OBJECTIVES, entry

# 1 and 4 are alone where they are; 2 and 3 hardly differ
FRONT = [entry(1, 0.2, 0.1), entry(2, 0.50, 0.50), entry(3, 0.51, 0.51), entry(4, 0.9, 0.9)]


def firsts(selection: ByContribution, front=FRONT) -> Counter[int]:
    rng = np.random.default_rng(0)
    return Counter(selection.choose(9, front, front, rng)[0].number for _ in range(3000))


def test_who_holds_more_of_the_volume_has_more_children_and_nobody_none():
    chosen = firsts(ByContribution(OBJECTIVES, LIMITS))
    assert min(chosen[1], chosen[4]) > 1.2 * max(chosen[2], chosen[3])
    assert min(chosen[i] for i in range(1, 5)) > 100


def test_a_front_that_has_changed_is_measured_anew():
    selection = ByContribution(OBJECTIVES, LIMITS)
    firsts(selection)
    chosen = firsts(selection, [*FRONT[:2], FRONT[3]])
    assert chosen[2] > chosen[4]  # what 2 shared with 3 is its own now


def test_without_a_box_every_member_has_the_same_chance():
    chosen = firsts(ByContribution((), {}))
    assert max(chosen.values()) < 1.3 * min(chosen.values())

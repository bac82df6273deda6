import pytest

from archive.lineage import ancestors, descent, unified_diff
from evaluators.contract import Failure, Objective
from tests.archive.making import entry

GAIN = Objective("gain", "1", "higher", "exact", reference=0.0, worst=0.0, resolution=0.1)
COST_S = Objective("cost_s", "s", "lower", "exact", reference=9.0, worst=9.0, resolution=0.1)


def entries():
    """1 and 2 are seeds; 3 crosses them, 4 descends from 2, 5 from 3 and 4."""
    points = [(1.0, 5.0), (2.0, 5.0), (2.5, 4.0), (2.0, 6.0), (4.0, 3.5)]
    parents = [(), (), (2, 1), (2,), (3, 4)]
    return [
        entry(number, {"gain": gain, "cost_s": cost}, of)
        for number, ((gain, cost), of) in enumerate(zip(points, parents, strict=True), start=1)
    ]


def test_ancestors_are_all_once_and_before_their_children():
    found = entries()
    assert [e.number for e in ancestors(found[4], found)] == [1, 2, 3, 4, 5]
    assert [e.number for e in ancestors(found[3], found)] == [2, 4]


def test_ancestors_go_no_further_than_what_can_be_read():
    found = entries()
    left = [e for e in found if e.number != 3]  # a damaged proposal is left out
    assert [e.number for e in ancestors(found[4], left)] == [2, 4, 5]


def test_a_descent_begins_at_a_seed_and_says_each_steps_gain():
    found = entries()
    steps = descent(found[4], found, (GAIN, COST_S))
    assert [s.entry.number for s in steps] == [2, 3, 5]
    assert [dict(s.gains) for s in steps] == [
        {},
        {"gain": 0.5, "cost_s": 1.0},
        {"gain": 1.5, "cost_s": 0.5},
    ]


def test_a_step_from_a_failed_parent_has_no_gain():
    seed, child = entry(1, {}), entry(2, {"gain": 1.0, "cost_s": 1.0}, (1,))
    failed = type(seed)(1, seed.proposal, Failure("crash", "boom"), "failed")
    assert descent(child, [failed, child], (GAIN,))[-1].gains == {}


@pytest.mark.parametrize(("a", "b", "changed"), [(0, 1, True), (0, 0, False)])
def test_the_diff_is_what_changed(a, b, changed):
    found = entries()
    text = unified_diff(found[a], found[b])
    if changed:
        assert text.splitlines() == [
            "--- 1 syntax/swap",
            "+++ 2 syntax/swap",
            "@@ -1 +1 @@",
            "-def assign(): return 1",
            "+def assign(): return 2",
        ]
    else:
        assert text == ""

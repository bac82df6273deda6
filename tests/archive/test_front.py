import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.constraint import parse_constraint
from archive.entry import Entry
from archive.front import Front, contribution, contributions, hypervolume
from evaluators.contract import Failure, Objective
from evaluators.errors import UsageError
from tests.archive.making import entry, proposal

GAIN = Objective("gain", "1", "higher", "exact", reference=0.0, worst=-1.0, resolution=0.1)
COST_S = Objective("cost_s", "s", "lower", "exact", reference=4.0, worst=9.0, resolution=0.5)
RISK = Objective("risk", "1", "lower", "exact", reference=1.0, worst=1.0, resolution=0.1)
LIMITS = {"gain": 2.0, "cost_s": 1.0, "risk": 0.0}

unit = st.integers(-2, 12).map(lambda i: i / 10)
points = st.lists(
    st.builds(
        lambda g, c, r: {"gain": 2 * g, "cost_s": 4 - 3 * c, "risk": 1 - r}, unit, unit, unit
    ),
    max_size=7,
)
terms = st.lists(st.integers(1, 3), min_size=7, max_size=7)  # how much code each point is
objectives = st.sampled_from([(GAIN, COST_S), (GAIN, COST_S, RISK)])


def steps(point, chosen):
    sign = {"higher": -1, "lower": 1}
    return tuple(round(sign[o.better] * point[o.name] / o.resolution) for o in chosen)


def naive_front(of, chosen, terms):
    """Numbers of those that nobody dominates and that are the least code on their grid point, the
    first of those.
    """
    keys = [steps(p, chosen) for p in of]
    return [
        i + 1
        for i, key in enumerate(keys)
        if not any(
            all(a <= b for a, b in zip(other, key, strict=True))
            and (other != key or (terms[j], j) < (terms[i], i))
            for j, other in enumerate(keys)
            if j != i
        )
    ]


def sum_of(terms):
    """A source that is the more code the more terms it has."""
    return f"def assign(): return {' + '.join(['1'] * terms)}\n"


def naive_volume(of, chosen):
    """By inclusion and exclusion over the points' boxes."""
    shares = [
        [
            min(1.0, max(0.0, (o.reference - p[o.name]) / (o.reference - LIMITS[o.name])))
            for o in chosen
        ]
        for p in of
    ]
    return sum(
        (-1) ** (size + 1) * math.prod(map(min, zip(*group, strict=True)))
        for size in range(1, len(shares) + 1)
        for group in itertools.combinations(shares, size)
    )


@given(points, objectives, terms)
def test_the_front_is_the_naive_one(of, chosen, terms):
    front = Front(chosen)
    joined = [front.add(entry(i + 1, p, source=sum_of(terms[i]))) for i, p in enumerate(of)]
    assert sorted(e.number for e in front.entries) == naive_front(of, chosen, terms)
    assert sum(joined) >= len(front.entries)


@given(points, objectives, terms)
def test_accepts_says_what_add_does(of, chosen, terms):
    front = Front(chosen)
    for i, p in enumerate(of):
        offered = entry(i + 1, p, source=sum_of(terms[i]))
        assert front.accepts(offered) == front.add(offered)


@given(points, objectives)
def test_the_hypervolume_is_that_of_inclusion_and_exclusion(of, chosen):
    assert hypervolume(of, chosen, LIMITS) == pytest.approx(naive_volume(of, chosen), abs=1e-9)


@given(points, objectives)
def test_each_point_contributes_what_is_lost_without_it(of, chosen):
    expected = [contribution(p, of[:i] + of[i + 1 :], chosen, LIMITS) for i, p in enumerate(of)]
    assert contributions(of, chosen, LIMITS) == pytest.approx(expected, abs=1e-9)


def test_without_a_box_nothing_contributes():
    assert contributions([{"gain": 1.0}], (), {}) == [0.0]


@given(points, objectives, st.randoms())
def test_contributions_in_any_order_add_up_to_the_hypervolume(of, chosen, random):
    random.shuffle(of)
    gains = [contribution(p, of[:i], chosen, LIMITS) for i, p in enumerate(of)]
    assert min(gains, default=0.0) >= 0.0
    assert sum(gains) == pytest.approx(hypervolume(of, chosen, LIMITS), abs=1e-9)


def test_the_hypervolume_of_four_objectives_is_that_of_random_darts():
    fourth = Objective("x", "1", "higher", "exact", 0.0, 0.0, 0.1)
    chosen, limits = (GAIN, COST_S, RISK, fourth), {**LIMITS, "x": 1.0}
    rng = np.random.default_rng(0)
    shares = rng.random((12, 4))
    of = [{"gain": 2 * a, "cost_s": 4 - 3 * b, "risk": 1 - c, "x": d} for a, b, c, d in shares]
    darts = rng.random((100_000, 1, 4))
    dominated = (darts <= shares).all(axis=2).any(axis=1).mean()
    assert hypervolume(of, chosen, limits) == pytest.approx(dominated, abs=0.01)


def test_the_corners_of_the_box():
    chosen = (GAIN, COST_S)
    assert hypervolume([], chosen, LIMITS) == 0.0
    assert hypervolume([{"gain": -3.0, "cost_s": 1.0}], chosen, LIMITS) == 0.0
    assert hypervolume([{"gain": 2.0, "cost_s": 1.0}], chosen, LIMITS) == 1.0
    assert hypervolume([{"gain": 1.0, "cost_s": 1.0}], chosen, LIMITS) == 0.5


def test_a_dominated_point_contributes_exactly_nothing():
    good = {"gain": 0.7, "cost_s": 1.3}
    assert contribution({"gain": 0.7, "cost_s": 1.4}, [good], (GAIN, COST_S), LIMITS) == 0.0


@pytest.mark.parametrize("limits", [{"gain": 2.0}, {"gain": 2.0, "cost_s": 4.0}])
def test_a_box_without_extent_is_refused(limits):
    with pytest.raises(ValueError, match="cost_s"):
        hypervolume([], (GAIN, COST_S), limits)


def test_a_difference_below_the_resolution_is_a_tie_that_the_earlier_wins():
    front = Front((GAIN, COST_S))
    assert front.add(entry(1, {"gain": 1.0, "cost_s": 2.0}))
    assert not front.add(entry(2, {"gain": 1.04, "cost_s": 1.9}))
    assert front.add(entry(3, {"gain": 1.1, "cost_s": 2.0}))
    assert [e.number for e in front.entries] == [3]


def test_a_failed_entry_enters_no_front():
    front = Front((GAIN, COST_S))
    failed = Entry(1, proposal(1), Failure("crash", "boom"), "failed")
    assert not front.add(failed)


def test_constraints_come_first():
    cheap = parse_constraint("cost_s <= 2", (GAIN, COST_S))
    front = Front((GAIN, COST_S), [cheap])
    assert front.add(entry(1, {"gain": 1.0, "cost_s": 9.0}))
    assert front.add(entry(2, {"gain": 0.5, "cost_s": 3.0}))  # violates less
    assert [e.number for e in front.entries] == [2]
    assert front.add(entry(3, {"gain": 0.1, "cost_s": 2.0}))  # satisfies
    assert not front.add(entry(4, {"gain": 2.0, "cost_s": 2.1}))
    assert front.add(entry(5, {"gain": 0.2, "cost_s": 1.0}))
    assert [e.number for e in front.entries] == [5]


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("cost_s<2", "no constraint", "NAME<=NUMBER"),
        ("cost<=2", "unknown objective 'cost'", "did you mean 'cost_s'?"),
        ("cost_s<=two", "'two' is no number", "in s"),
        ("cost_s<=nan", "'nan' is no number", "in s"),
        ("gain>=all", "'all' is no number", "expected a number"),
    ],
)
def test_a_bad_constraint_is_named(text, message, hint):
    with pytest.raises(UsageError) as error:
        parse_constraint(text, (GAIN, COST_S))
    assert message in error.value.message
    assert hint in error.value.hint

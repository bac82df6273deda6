"""A verdict of better needs all that it promises; equals rarely get one, and the truth often."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from evaluators.comparison import Contrast, contrasts, relative_difference
from evaluators.contract import Objective, Score, Workload
from evaluators.playing import drive
from evaluators.stats import LEVEL, SIGNIFICANCE, Interval
from tests.problems import PlantedProblem
from tests.problems.planted import Parameters

REPEATS = 200
WAIT = Objective("wait", "s", "lower", "exact", 10.0, 20.0, 0.1)
GOODPUT = Objective("goodput", "1/s", "higher", "exact", 0.0, 0.0, 0.1)
CPU = Objective("cpu", "x", "lower", "measured", 5.0, 50.0, 0.1)
LONGEST = Objective("longest", "s", "lower", "exact", 10.0, 20.0, 0.1, aggregate="worst")
SURE = Interval(1.0, 0.5, 1.5, LEVEL, 10)
UNSURE = Interval(1.0, -0.5, 1.5, LEVEL, 10)
FEW = Interval(1.0, None, None, LEVEL, 5, "no interval: 5 clusters, at least 8 are needed")


@pytest.mark.parametrize(
    ("contrast", "verdict"),
    [
        (Contrast(WAIT, 3.0, 2.0, SURE, 0.01), "B is better"),
        (Contrast(WAIT, 2.0, 3.0, SURE, 0.01), "A is better"),
        (Contrast(GOODPUT, 3.0, 2.0, SURE, 0.01), "A is better"),
        (Contrast(WAIT, 3.0, 2.0, SURE, 0.05), "no difference shown"),
        (Contrast(WAIT, 3.0, 2.0, UNSURE, 0.01), "no difference shown"),
        (Contrast(WAIT, 2.09, 2.0, SURE, 0.01), "differs by less than the resolution"),
        (Contrast(WAIT, 3.0, 2.0, FEW, None), "too few clusters"),
        (Contrast(CPU, 3.0, 2.0, SURE, None, 0.1), "B is better"),
        (Contrast(CPU, 3.0, 2.0, UNSURE, None, 0.1), "no difference shown"),
        (Contrast(CPU, 3.0, 2.0, SURE, None, 0.4), "within the noise floor"),
        (Contrast(CPU, 3.0, 2.0, SURE, None), "noise floor unknown"),
        (Contrast(CPU, 2.05, 2.0, SURE, None, 0.0), "differs by less than the resolution"),
    ],
)
def test_verdicts(contrast, verdict):
    assert contrast.verdict == verdict


def test_relative_differences():
    assert relative_difference(3.0, 2.0) == relative_difference(2.0, 3.0) == pytest.approx(0.4)
    assert relative_difference(0.0, 0.0) == 0.0
    assert relative_difference(0.0, 7.0) == 2.0


def blocks(clusters):
    """Two workloads to a cluster, one of each family."""
    names = [(family, c) for c in range(clusters) for family in ("chat", "code")]
    return [Workload(f"{family}-{c}", family, str(c), {}) for family, c in names]


def score(objectives, workloads, rows):
    ids = [w.id for w in workloads]
    return Score(
        {o.name: dict(zip(ids, r, strict=True)) for o, r in zip(objectives, rows, strict=True)}
    )


def test_an_aggregate_is_the_problems_own():
    workloads = [
        Workload(f"{i}", "chat" if i < 9 else "code", f"{i}", {}) for i in range(10)
    ]  # nine of one family, one of the other
    a, b = np.zeros(10), np.zeros(10)
    a[:9], a[9] = 1.0, 5.0
    both = [score((WAIT, LONGEST), workloads, (row, row)) for row in (a, b)]
    mean, longest = contrasts((WAIT, LONGEST), workloads, *both, np.random.default_rng(0))
    assert (mean.a, mean.difference.estimate) == (3.0, 3.0)  # the mean of 1 and 5
    assert (longest.a, longest.difference.estimate) == (5.0, 5.0)


def test_p_values_are_corrected_over_the_exact_objectives():
    workloads = blocks(10)
    ones, zeros = np.ones(20), np.zeros(20)
    pair = [score((WAIT, CPU, GOODPUT), workloads, (row,) * 3) for row in (ones, zeros)]
    found = contrasts((WAIT, CPU, GOODPUT), workloads, *pair, np.random.default_rng(0))
    smallest = 2 / 2**10
    assert [c.p for c in found] == [2 * smallest, None, 2 * smallest]


def test_few_clusters_have_neither_interval_nor_test():
    workloads = blocks(7)
    pair = [score((WAIT,), workloads, (np.full(14, level),)) for level in (1.0, 5.0)]
    (found,) = contrasts((WAIT,), workloads, *pair, np.random.default_rng(0))
    assert (found.p, found.difference.low, found.verdict) == (None, None, "too few clusters")


# -- equals, and planted truth, 200 times over ---------------------------------------------------


def most(nominal, repeats=REPEATS):
    """As many hits as a true share of `nominal` gives in all but 1 % of such tests."""
    return binom.ppf(0.99, repeats, nominal)


@pytest.mark.parametrize(
    ("clusters", "objectives", "tails"),
    [
        pytest.param(8, (WAIT, GOODPUT), "normal", id="8 clusters"),
        pytest.param(10, (WAIT, GOODPUT), "lognormal", id="skewed"),
        pytest.param(10, (LONGEST, WAIT), "normal", id="the worst workload"),
    ],
)
def test_equals_are_rarely_called_better(clusters, objectives, tails):
    rng = np.random.default_rng(3)
    workloads = blocks(clusters)
    false = 0
    for _ in range(REPEATS):
        shared = rng.normal(size=len(workloads))  # what is hard is hard for both
        sides = []
        for _ in range(2):
            own = getattr(rng, tails)(size=(len(objectives), clusters)).repeat(2, axis=1)
            sides.append(score(objectives, workloads, shared + own))
        found = contrasts(objectives, workloads, *sides, rng)
        false += any("is better" in c.verdict for c in found)
    assert false <= most(SIGNIFICANCE)


def answered(problem, level, tag):
    """The score of a policy that answers so."""
    action = {"level": level, "tag": tag}
    workloads = problem.workloads("selection")
    measured = [drive(problem, w, lambda _: action)[0].values for w in workloads]
    rows = [[values[o.name] for values in measured] for o in problem.objectives]
    return score(problem.objectives, workloads, rows)


def verdicts(level_a, level_b, repeats):
    """The verdicts on cost and delay of two levels, on workloads drawn anew each time."""
    found = []
    for draw in range(repeats):
        problem = PlantedProblem(Parameters(draw=draw))
        sides = answered(problem, level_a, 1), answered(problem, level_b, 2)
        workloads, rng = problem.workloads("selection"), np.random.default_rng(draw)
        cost, delay = contrasts(problem.objectives, workloads, *sides, rng)
        found.append((cost.verdict, delay.verdict))
    return found


def test_planted_equals_are_not_ranked():
    found = verdicts(0.5, 0.5, REPEATS)
    assert sum(any("is better" in v for v in pair) for pair in found) <= most(SIGNIFICANCE)


def test_planted_truth_is_ranked():
    """A true difference of one standard deviation of the paired noise, with 12 clusters."""
    found = verdicts(0.5, 0.58, repeats=100)
    wrong = sum(c == "B is better" or d == "A is better" for c, d in found)
    right = sum((c, d) == ("A is better", "B is better") for c, d in found)
    assert wrong <= most(SIGNIFICANCE / 2, 100)
    assert right >= 50

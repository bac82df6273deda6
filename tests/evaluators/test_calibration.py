"""Equals differ by nothing where no clock is read, and by no more than the floor where one is."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from archive.normal_form import normal_digest
from evaluators.calibration import PAIRS, calibrate, copy_of, percentile
from evaluators.comparison import contrasts, relative_difference
from evaluators.contract import Objective, Policy, Score, Workload
from evaluators.errors import UsageError
from evaluators.playing import play
from evaluators.stats import SIGNIFICANCE
from tests.executors import guess, sums
from tests.problems import GuessProblem, PlantedProblem, SumProblem

__all__ = ["guess", "sums"]
CPU = Objective("cpu", "x", "lower", "measured", 5.0, 50.0, 1e-9)


@pytest.mark.parametrize("problem", [GuessProblem(), SumProblem(), PlantedProblem()])
def test_a_copy_is_another_text_that_does_the_same(problem):
    workload = problem.workloads("tiny")[0]
    for policy in problem.baselines().values():
        texts = [policy.source, *(copy_of(policy.source, n) for n in (1, 2))]
        assert len({Policy("", t).digest for t in texts}) == 3
        assert len({normal_digest(t) for t in texts}) == 3
        first, *others = [play(problem, workload, Policy("", t))[0] for t in texts]
        assert others == [first, first]


def test_exact_objectives_do_not_differ(sums):
    told = []
    found = calibrate(SumProblem(), sums, "tiny", lambda *progress: told.append(progress))
    assert found.unsteady == found.noise_floors == {}
    assert found.policies == ["largest_first", "round_robin"]
    assert told == [(1, 2), (2, 2)]


def test_what_is_measured_has_a_floor(guess, monkeypatch):
    monkeypatch.setattr("evaluators.calibration.PAIRS", 2)
    found = calibrate(GuessProblem(), guess, "tiny", lambda *_: None)
    assert found.policies == ["last", "half"]  # the reference policy, and another
    assert found.unsteady == {}
    assert list(found.noise_floors) == ["cpu"]
    assert 0.0 < found.noise_floors["cpu"] < 2.0  # two clocks never agree
    assert found.report.sandbox == guess.sandbox


def test_a_baseline_that_fails_is_named(guess):
    class Broken(GuessProblem):
        def baselines(self):
            return {"last": Policy("last", "def guess():\n    return 7.0\n")}

    with pytest.raises(UsageError, match="baseline last fails: invalid action"):
        calibrate(Broken(), guess, "tiny", lambda *_: None)


# -- the floor holds its level -------------------------------------------------------------------


def plays(rng, shape):
    """What one policy's clock says: something common to a whole play, and something own."""
    return 1.0 + 0.05 * rng.normal(size=(*shape, 1)) + 0.02 * rng.normal(size=(*shape, 10))


def floor_of(rng):
    pairs = plays(rng, (PAIRS, 2)).mean(axis=-1)
    return percentile([relative_difference(a, b) for a, b in pairs])


def test_the_next_pair_rarely_exceeds_the_floor():
    rng = np.random.default_rng(0)
    exceeded = 0
    for _ in range(1000):
        a, b = plays(rng, (2,)).mean(axis=-1)
        exceeded += relative_difference(a, b) > floor_of(rng)
    assert 0 < exceeded <= binom.ppf(0.99, 1000, SIGNIFICANCE)


def test_equals_are_rarely_called_faster():
    rng = np.random.default_rng(1)
    workloads = [Workload(str(i), "chat", str(i), {}) for i in range(10)]
    false, unfloored = 0, 0
    for _ in range(200):
        sides = [
            Score({"cpu": {w.id: float(v) for w, v in zip(workloads, row, strict=True)}})
            for row in plays(rng, (2,))
        ]
        (found,) = contrasts([CPU], workloads, *sides, rng, {"cpu": floor_of(rng)})
        false += "is better" in found.verdict
        unfloored += found.difference.excludes_zero
    assert false <= binom.ppf(0.99, 200, SIGNIFICANCE)
    assert unfloored > 100  # what a whole play has in common, no interval over workloads sees

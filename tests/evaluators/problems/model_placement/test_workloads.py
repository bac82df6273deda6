"""What is drawn: enough of it, of the published kind, with a past, and as the parameters say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from evaluators.errors import UsageError
from evaluators.problems.model_placement.greedy import greedy_placement
from evaluators.problems.model_placement.instance import case_of
from evaluators.problems.model_placement.problem import ModelPlacement
from evaluators.problems.model_placement.published import RATES, SIZES_GB, SLOS_S
from evaluators.registry import ProblemSpec
from evaluators.stats import LEAST_CLUSTERS
from tests.evaluators.problems.model_placement.cases import cases

PROBLEM = ModelPlacement()


def drawn(split, **parameters):
    problem = ProblemSpec("model_placement", parameters).load()
    return [case_of(w.content) for w in problem.workloads(split)]


@pytest.mark.parametrize("split", ["search", "selection", "sealed"])
def test_there_are_clusters_for_an_interval(split):
    workloads = PROBLEM.workloads(split)
    assert len({w.cluster for w in workloads}) == len(workloads) >= max(LEAST_CLUSTERS, 30)
    assert {w.family for w in workloads} == {f"{n} GPUs" for n in range(5, 10)}


@pytest.mark.parametrize("split", ["search", "selection"])
def test_cases_are_of_the_published_kind(split):
    for case in drawn(split):
        assert case.num_models == 2 * case.num_gpus
        assert case.gpu_memory_gb == 80
        for values, published in (
            (case.size_gb, SIZES_GB), (case.request_rate, RATES), (case.slo_s, SLOS_S),
        ):  # fmt: skip
            assert set(values.tolist()) <= set(published)


def test_a_salt_draws_another_sealed_split_and_nothing_else():
    salted = ModelPlacement()
    salted.salt = "salt"
    ids = [[(w.id, w.family) for w in p.workloads("sealed")] for p in (salted, PROBLEM)]
    assert ids[0] == ids[1]
    assert len(ids[0]) == 50
    assert not {w.digest for w in salted.workloads("sealed")} & {
        w.digest for w in PROBLEM.workloads("sealed")
    }
    for split in ("search", "selection", "tiny"):
        assert salted.workloads(split) == PROBLEM.workloads(split)


def test_without_drift_greedy_moves_nothing():
    for case in drawn("search", drift="0"):
        again = greedy_placement(case.size_gb, case.load, case.num_gpus, case.gpu_memory_gb)
        assert again.tolist() == case.previous.tolist()


def test_what_drifted_is_a_reason_to_move():
    """The previous placement is worse than greedy's, and would be good for other rates."""
    for drift, least, most in (("0.1", 0, 0.9), ("1.0", 0.6, 1)):
        shares = [
            np.mean(greedy_placement(c.size_gb, c.load, c.num_gpus, c.gpu_memory_gb) != c.previous)
            for c in drawn("search", drift=drift)
        ]
        assert least < np.mean(shares) < most


def test_parameters_do_what_they_say():
    assert {c.num_gpus for c in drawn("search", num_gpus="16")} == {16}
    assert len(drawn("selection", num_gpus="4")) == len(drawn("selection"))
    assert {c.num_models / c.num_gpus for c in drawn("sealed", models_per_gpu="3")} == {3}
    assert {c.gpu_memory_gb for c in drawn("search", gpu_memory_gb="160")} == {160}
    rates = np.concatenate([c.request_rate for c in drawn("search", bursty="true")])
    assert np.mean(rates > 9) == pytest.approx(0.1 * 8 / 9 + 0.1 / 9, abs=0.04)
    usual = [c.num_gpus for c in drawn("sealed")]
    assert [c.num_gpus for c in drawn("sealed", bursty="true")] == usual


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"num_gpus": "33"}, r"num_gpus=33, expected 0\.\.32"),
        ({"num_gpus": "1"}, "num_gpus=1 leaves nothing to decide"),
        ({"models_per_gpu": "4"}, "models_per_gpu=4, expected 1..3"),
        ({"gpu_memory_gb": "40"}, "gpu_memory_gb=40, expected 80..640"),
        ({"drift": "1.1"}, "drift=1.1, expected 0.0..1.0"),
    ],
)
def test_bad_numbers_are_refused(parameters, message):
    with pytest.raises(UsageError, match=message):
        ProblemSpec("model_placement", parameters).load()


@given(cases())
def test_greedy_fits_or_says_that_it_does_not(case):
    placed = greedy_placement(case.size_gb, case.load, case.num_gpus, case.gpu_memory_gb)
    if placed is not None:
        used_gb = np.bincount(placed, case.size_gb, case.num_gpus)
        assert used_gb.max() < case.gpu_memory_gb

"""A user's log: cut by time, or refused in two lines."""

from __future__ import annotations

from itertools import pairwise
from typing import ClassVar

import numpy as np
import pytest

from evaluators.errors import UsageError
from evaluators.playing import play
from evaluators.problems.expert_placement.load_log import load_log
from evaluators.problems.expert_placement.problem import ExpertPlacement
from evaluators.problems.expert_placement.shape import PlacementParameters
from evaluators.problems.expert_placement.workloads import drifting, token_counts
from evaluators.testing import ProblemContract

EIGHT_ON_FOUR = PlacementParameters(num_replicas=12, num_gpus=4)


def windows(number, layers=2, experts=8):
    return np.random.default_rng(0).integers(1, 1000, (number, layers, experts))


@pytest.fixture
def log(tmp_path):
    def write(**arrays):
        path = tmp_path / "log.npz"
        np.savez(path, **arrays)
        return str(path)

    return write


class TestOwnLog(ProblemContract):
    @pytest.fixture(autouse=True)
    def _log(self, log):
        rng = np.random.default_rng(0)
        load = token_counts(rng, drifting(rng, (200, 2, 128)))
        type(self).workload_file = log(load=load)

    def problem(self):
        return ExpertPlacement(workload_file=self.workload_file)


def test_splits_are_cut_by_time(log):
    load = windows(200)
    problem = ExpertPlacement(EIGHT_ON_FOUR, log(load=load))
    bounds = {"search": (0, 120), "selection": (120, 160), "sealed": (160, 200)}
    for split, (first, stop) in bounds.items():
        workloads = problem.workloads(split)
        spans = [s for w in workloads for s in w.spans]
        assert all(first <= s.start < s.stop <= stop for s in spans)
        assert all(a.stop <= b.start for a, b in pairwise(spans))
        for w in workloads:
            (span,) = w.spans
            assert (w.content["load"] == load[span.start : span.stop]).all()


def test_the_search_split_uses_most_of_its_windows(log):
    problem = ExpertPlacement(EIGHT_ON_FOUR, log(load=windows(400)))
    used = sum(s.stop - s.start for w in problem.workloads("search") for s in w.spans)
    assert len(problem.workloads("search")) == 8
    assert used > 0.8 * 240


def test_a_log_can_be_played(log):
    problem = ExpertPlacement(EIGHT_ON_FOUR, log(load=windows(80)))
    for split in ("search", "selection", "sealed"):
        for w in problem.workloads(split):
            values = play(problem, w, problem.baselines()["deepseek_global"])[0].values
            assert values["balancedness"] <= problem.limits(w)["balancedness"].value


def test_known_models_bring_their_deployment(log):
    problem = ExpertPlacement(workload_file=log(load=windows(80, experts=256)))
    given = problem.given(problem.workloads("search")[0])
    assert given == {"num_replicas": 288, "num_groups": 8, "num_nodes": 4, "num_gpus": 32}


def test_a_single_array_needs_no_name(log):
    assert load_log(log(counts=windows(9))).shape == (9, 2, 8)


def spoilt(index, value):
    load = windows(80).astype(float)
    load[index] = value
    return load


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"a": windows(80), "b": windows(80)}, r"holds \['a', 'b'\] and none is named 'load'"),
        ({"load": windows(80)[0]}, r"shape \(2, 8\)"),
        ({"load": windows(80)[:0]}, r"shape \(0, 2, 8\)"),
        ({"load": np.full((80, 2, 8), "many")}, "dtype <U4"),
        ({"load": spoilt((3, 1, 5), -2.0)}, r"load\[3, 1, 5\] is -2.0"),
        ({"load": spoilt((0, 0, 7), np.nan)}, r"load\[0, 0, 7\] is nan"),
        ({"load": spoilt((0, 0, 7), np.inf)}, r"load\[0, 0, 7\] is inf"),
        ({"load": spoilt((slice(None), 1), 0)}, "layer 1 has no load"),
        ({"load": windows(70)}, "has 70 windows: the selection split gets 14 of them"),
        ({"load": np.full((80, 2, 8), None)}, "'load' is damaged, or holds objects"),
    ],
)
def test_bad_arrays_are_refused(log, arrays, message):
    with pytest.raises(UsageError, match=message) as error:
        ExpertPlacement(EIGHT_ON_FOUR, log(**arrays))
    assert error.value.hint
    assert "log.npz" in error.value.message


@pytest.mark.parametrize("keep", [0, 10, 200, -30])
def test_truncated_files_are_refused(log, tmp_path, keep):
    whole = (tmp_path / log(load=windows(80))).read_bytes()
    path = tmp_path / "cut.npz"
    path.write_bytes(whole[:keep])
    with pytest.raises(UsageError, match=r"cut\.npz"):
        ExpertPlacement(EIGHT_ON_FOUR, str(path))


def test_damaged_bytes_are_refused(tmp_path):
    path = tmp_path / "damaged.npz"
    np.savez_compressed(path, load=windows(80))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(UsageError, match=r"damaged\.npz"):
        ExpertPlacement(EIGHT_ON_FOUR, str(path))


def test_other_files_are_refused(tmp_path):
    np.save(tmp_path / "plain.npy", windows(80))
    (tmp_path / "text.npz").write_text("window,layer,expert\n")
    for name, message in (
        ("plain.npy", "single array"),
        ("text.npz", r"text\.npz is not an \.npz file$"),
        ("absent.npz", "cannot read"),
        (".", "cannot read"),
    ):
        with pytest.raises(UsageError, match=message):
            ExpertPlacement(EIGHT_ON_FOUR, str(tmp_path / name))


class Trap:
    """Leaves a mark when it is unpickled."""

    sprung: ClassVar[list[str]] = []

    def __reduce__(self):
        return Trap.sprung.append, ("unpickled",)


def test_pickled_arrays_are_never_loaded(log):
    path = log(load=np.full((80, 2, 8), Trap(), dtype=object))
    Trap.sprung.clear()
    with pytest.raises(UsageError, match="no readable"):
        load_log(path)
    assert not Trap.sprung


def test_an_unknown_deployment_must_be_named(log):
    with pytest.raises(UsageError, match="has 8 experts, which no known deployment has") as error:
        ExpertPlacement(workload_file=log(load=windows(80)))
    assert "--param num_replicas" in error.value.hint


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (PlacementParameters(num_experts=9, num_replicas=12, num_gpus=4), "num_experts=9"),
        (PlacementParameters(num_replicas=6, num_gpus=3), "every expert needs a slot"),
        (PlacementParameters(num_replicas=12, num_gpus=4, num_nodes=4, num_groups=3), "=3"),
    ],
)
def test_parameters_that_do_not_fit_the_log(log, parameters, message):
    with pytest.raises(UsageError, match=message):
        ExpertPlacement(parameters, log(load=windows(80)))

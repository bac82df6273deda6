"""A device with known constants is calibrated to them, and the simulator reads the file."""

from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.engines.cost_model import ENGINES, CostModel, model_of, read_calibration
from evaluators.engines.gpu.calibration import Calibration, calibrated, write_calibration
from evaluators.engines.gpu.clock import VirtualClock
from evaluators.engines.gpu.fit import COEFFICIENTS, errors, fit, non_negative_least_squares
from evaluators.engines.gpu.iteration import SyntheticEngine
from evaluators.engines.gpu.sweep import Limits, designed, held_out

LIMITS = Limits(400_000, 256, 16_384, 8192)
SMALL = Limits(4096, 20, 2048, 512)


def calibration_of(cost: CostModel, noise: float, seed: int = 0, rounds: int = 3) -> Calibration:
    rng = np.random.default_rng(seed)
    engine = SyntheticEngine(cost, VirtualClock(), np.random.default_rng(seed + 1), noise)
    return calibrated(engine, "found", LIMITS, rng, rounds)


@pytest.mark.parametrize("cost", ENGINES, ids=lambda c: c.name)
@pytest.mark.parametrize(("noise", "within"), [(0.0, 1e-9), (0.005, 0.01)])
def test_known_constants_are_recovered(cost: CostModel, noise: float, within: float) -> None:
    """Within one percent under noise of half a percent in every single iteration."""
    large = dataclasses.replace(cost, kv_capacity_tokens=400_000)
    found = calibration_of(large, noise)
    for name in COEFFICIENTS:
        assert getattr(found.cost, name) == pytest.approx(getattr(cost, name), rel=within), name
    assert found.held_out.mean <= within


def test_a_cost_that_the_model_lacks_shows_in_the_held_out_error() -> None:
    """Iterations that take longer with the square of the batch: nothing to fit that by."""

    class Curved(SyntheticEngine):
        def execute(self, iteration):  # type: ignore[no-untyped-def]
            requests = len(iteration.requests())
            return super().execute(iteration) + 1e-6 * requests**2

    rng = np.random.default_rng(0)
    found = calibrated(Curved(ENGINES[0], VirtualClock()), "curved", LIMITS, rng)
    assert found.held_out.worst > 0.05
    assert found.fitted.mean > 0.01


@given(st.integers(1, 5), st.integers(0, 2**32))
def test_no_point_that_is_not_negative_is_nearer(columns: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    matrix, target = rng.normal(size=(12, columns)), rng.normal(size=12)
    found = non_negative_least_squares(matrix, target)
    assert (found >= 0).all()
    slope = matrix.T @ (matrix @ found - target)
    assert (slope >= -1e-9).all()  # no constant would gain by growing
    np.testing.assert_allclose(slope[found > 0], 0, atol=1e-9)  # nor any by shrinking


def test_iterations_that_do_not_tell_the_constants_apart_are_refused() -> None:
    """Decodes alone: a request and a token are the same thing."""
    rng = np.random.default_rng(0)
    decodes = np.array([i.terms() for i in designed(LIMITS, rng) if not i.chunks])
    with pytest.raises(ValueError, match="vary n, P, K and B"):
        fit(decodes[:, [0, 1, 4, 3, 4]], np.ones(len(decodes)))


@pytest.mark.parametrize("limits", [LIMITS, SMALL], ids=["large", "small"])
def test_sweeps_stay_within_the_limits_and_reach_them(limits: Limits) -> None:
    rng = np.random.default_rng(0)
    fitted, others = designed(limits, rng), held_out(limits, rng, 60)
    for iteration in (*fitted, *others):
        assert limits.hold(iteration)
        assert iteration.requests() == list(range(len(iteration.requests())))
    terms = np.array([i.terms() for i in fitted])
    assert terms[:, 1].max() >= limits.chunk_tokens
    assert terms[:, 3].max() >= 0.5 * limits.kv_capacity_tokens
    assert terms[:, 4].max() == limits.max_running
    assert np.linalg.cond(terms / np.linalg.norm(terms, axis=0)) < 30


def test_the_file_is_read_by_the_simulator_and_says_how_it_was_made(tmp_path: Path) -> None:
    found = calibration_of(ENGINES[0], 0.01)
    path = tmp_path / "engine.toml"
    write_calibration(path, found, {"model": "8b", "device": 'a "GPU"', "graphs": True})
    assert read_calibration(path) == found.cost
    assert model_of(path) == "8b"
    table = tomllib.loads(path.read_text())["calibration"]
    assert table["device"] == 'a "GPU"'
    assert table["held_out"] == dataclasses.asdict(found.held_out)
    assert table["range"]["tokens"] == list(found.ranges["tokens"])


def test_errors_are_shares_of_the_measured() -> None:
    terms = np.array([[1.0, 0, 0, 0, 0]] * 2)
    found = errors(terms, np.array([1.0, 2.0]), np.array([1.1, 0, 0, 0, 0]))
    assert found.mean == pytest.approx((0.1 + 0.45) / 2)
    assert found.worst == pytest.approx(0.45)

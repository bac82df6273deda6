"""From measured iterations to the constants of the cost model.

Least squares of the relative error, no constant negative. With five constants the best subset of
those that are not zero is found by trying all 32: exact, and nothing to converge.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

COEFFICIENTS = ("iteration_s", "token_s", "pair_s", "kv_token_s", "sequence_s")


@dataclass(frozen=True, slots=True)
class Errors:
    """Of predicted against measured seconds, as shares of the measured."""

    mean: float
    p95: float
    worst: float


def fit(terms: np.ndarray, seconds: np.ndarray) -> np.ndarray:
    """float64[5]: the coefficients, in the order of COEFFICIENTS.

    Args:
        terms: float64[m, 5], `Iteration.terms` of each iteration.
        seconds: float64[m], what each took.

    Raises:
        ValueError: the iterations do not tell the constants apart, or no time per iteration is
            left when the rest is explained.
    """
    relative = terms / seconds[:, None]
    size = np.linalg.norm(relative, axis=0)
    if np.linalg.matrix_rank(relative / size) < len(COEFFICIENTS):
        raise ValueError("these iterations do not tell the constants apart: vary n, P, K and B")
    found: np.ndarray = non_negative_least_squares(relative / size, np.ones(len(seconds))) / size
    if not found[0]:
        raise ValueError("no time per iteration is left: something other than the device was timed")
    return found


def non_negative_least_squares(matrix: np.ndarray, target: np.ndarray) -> np.ndarray:
    """float64[k] that makes |matrix @ x - target| smallest among x >= 0, for a small k."""
    columns = matrix.shape[1]
    best, least = np.zeros(columns), float(target @ target)
    for used in product((True, False), repeat=columns):
        if not any(used):
            continue
        x = np.zeros(columns)
        x[list(used)] = np.linalg.lstsq(matrix[:, used], target, rcond=None)[0]
        rest = float(np.sum((matrix @ x - target) ** 2))
        if (x >= 0).all() and rest < least:
            best, least = x, rest
    return best


def errors(terms: np.ndarray, seconds: np.ndarray, coefficients: np.ndarray) -> Errors:
    """How far the model is from these iterations."""
    off = np.abs(terms @ coefficients / seconds - 1)
    return Errors(float(off.mean()), float(np.quantile(off, 0.95)), float(off.max()))

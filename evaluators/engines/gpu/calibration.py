"""Measures an engine's constants and writes the file that the simulator reads."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from evaluators.engines.cost_model import FOUND_BY, CostModel
from evaluators.engines.gpu.fit import COEFFICIENTS, Errors, errors, fit
from evaluators.engines.gpu.iteration import Engine, Iteration
from evaluators.engines.gpu.sweep import Limits, designed, held_out, timed

ROUNDS = 3
HELD_OUT = 40
_RANGES = ("tokens", "pairs", "kv_tokens", "requests")  # what the coefficients multiply


@dataclass(frozen=True, slots=True)
class Calibration:
    """Constants, how far they are from what was measured, and where they hold."""

    cost: CostModel
    fitted: Errors  # over the iterations that the constants were fitted to
    held_out: Errors  # over others
    iterations: int
    ranges: Mapping[str, tuple[float, float]]  # least and most of n, P, K and B


def calibrated(
    engine: Engine, name: str, limits: Limits, rng: np.random.Generator, rounds: int = ROUNDS
) -> Calibration:
    """Measure both sweeps in one go and fit to the designed one. Raises ValueError as `fit`."""
    fitted = designed(limits, rng)
    others = held_out(limits, rng, HELD_OUT)
    seconds = timed(engine, [*fitted, *others], rng, rounds)
    terms, judged = _terms(fitted), _terms(others)
    found = fit(terms, seconds[: len(fitted)])
    constants = dict(zip(COEFFICIENTS, found.tolist(), strict=True))
    cost = CostModel(
        name,
        **constants,
        kv_capacity_tokens=engine.kv_capacity_tokens,
        max_running=engine.max_running,
    )
    columns = zip(_RANGES, terms[:, 1:].T, strict=True)
    return Calibration(
        cost,
        errors(terms, seconds[: len(fitted)], found),
        errors(judged, seconds[len(fitted) :], found),
        len(fitted),
        {of: (float(column.min()), float(column.max())) for of, column in columns},
    )


def _terms(iterations: Sequence[Iteration]) -> np.ndarray:
    return np.array([iteration.terms() for iteration in iterations])


def write_calibration(path: Path, calibration: Calibration, facts: Mapping[str, Any]) -> None:
    """The constants as `read_calibration` takes them, with `facts` of the device beside them."""
    path.write_text("\n".join(_lines(calibration, facts)) + "\n", encoding="utf-8")


def _lines(calibration: Calibration, facts: Mapping[str, Any]) -> Iterator[str]:
    yield "# Constants of a serving engine, measured: adrs ... --param engine=THIS_FILE"
    yield from _table(asdict(calibration.cost))
    yield f"\n[{FOUND_BY}]"
    yield from _table({**facts, "iterations": calibration.iterations})
    yield f"\n[{FOUND_BY}.range]  # of what was measured: outside of it the constants are a guess"
    yield from _table({name: list(of) for name, of in calibration.ranges.items()})
    for name, of in (("fitted", calibration.fitted), ("held_out", calibration.held_out)):
        yield f"\n[{FOUND_BY}.{name}]  # errors as shares of the measured seconds"
        yield from _table(asdict(of))


def _table(values: Mapping[str, Any]) -> Iterator[str]:
    """Lines of TOML: texts, numbers and lists are written as in JSON."""
    return (f"{name} = {json.dumps(value)}" for name, value in values.items())

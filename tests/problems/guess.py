"""A multi-step problem: guess the next value of a series from those already seen."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from evaluators.contract import (
    Action,
    Bound,
    Deadlines,
    Feature,
    Measurements,
    Objective,
    Observation,
    Policy,
    Problem,
    Split,
    Workload,
)
from evaluators.signature import Array, Record, Scalar, Signature, Values

WINDOW = 8
FAMILIES = ("steady", "jumpy")
SIZES: dict[Split, int] = {"search": 4, "selection": 4, "sealed": 4, "tiny": 2}

LAST = """
def guess(last):
    return last
"""
HALF = """
def guess():
    return 0.5
"""
SMOOTH = """
class Smooth:
    def __init__(self, steps):
        self.level = 0.5

    def guess(self, last):
        self.level = 0.7 * self.level + 0.3 * last
        return self.level
"""
WINDOW_MEAN = """
def guess(last, window):
    if len(window.value) == 0:
        return last
    return float(window.value.mean())
"""


@dataclass(frozen=True)
class Parameters:
    """`steps` is the length of an episode; with 0 the policy is never asked."""

    steps: int = 20


class GuessProblem(Problem):
    """Series in [0, 1]; exact: mean error and mean movement of the guesses; measured: CPU time."""

    name = "guess"
    version = 1
    Parameters = Parameters
    statement = "Guess the next value of a series in [0, 1]."
    reference_policy = "last"
    deadlines = Deadlines(load_s=1.0, call_s=0.25, episode_s=0.5, memory_mb=128)
    objectives = (
        Objective("error", "1", "lower", "exact", reference=1.0, worst=1.0, resolution=1e-3),
        Objective("movement", "1", "lower", "exact", reference=1.0, worst=1.0, resolution=1e-3),
        Objective("cpu", "ratio", "lower", "measured", reference=10.0, worst=100.0, resolution=0.5),
    )

    features = (Feature("movement", lambda score: _mean_of(score.values["movement"])),)

    def __init__(self, parameters: Any = None, workload_file: str | None = None) -> None:
        self.parameters = parameters or Parameters()
        self.signature = Signature(
            entry="guess",
            given=(Scalar("steps", "int64"),),
            observation=(
                Scalar("step", "int64"),
                Scalar("last", "float64", low=0.0, high=1.0),
                Record("window", (Array("value", "float64", ("seen",)),)),
            ),
            action=(Scalar("answer", "float64", low=0.0, high=1.0),),
            maxima={"seen": WINDOW},
        )

    def workloads(self, split: Split) -> Sequence[Workload]:
        return [self._workload(split, i) for i in range(SIZES[split])]

    def _workload(self, split: Split, index: int) -> Workload:
        salt = self.salt.encode() if split == "sealed" else b""
        rng = np.random.default_rng([sorted(SIZES).index(split), index, *salt])
        family = FAMILIES[index % 2]
        noise = rng.normal(0.0, 0.02 if family == "steady" else 0.3, self.parameters.steps + 1)
        series = np.clip(rng.uniform(0.2, 0.8) + np.cumsum(noise) * 0.5, 0.0, 1.0)
        return Workload(f"{split}-{index}", family, f"{split}-{index}", {"series": series})

    def given(self, workload: Workload) -> Values:
        return {"steps": self.parameters.steps}

    def episode(self, workload: Workload) -> Generator[Observation, Action, Measurements]:
        series = workload.content["series"]
        guesses = [float(series[0])]
        for step in range(self.parameters.steps):
            seen = series[max(0, step - WINDOW) : step]
            action = yield {"step": step, "last": float(series[step]), "window": {"value": seen}}
            guesses.append(action["answer"])
        errors = np.abs(np.array(guesses) - series)[1:]
        moves = np.diff(guesses)
        return Measurements(
            {"error": _mean(errors), "movement": _mean(np.abs(moves))},
            {"turns": float(_turns(moves)), "largest_error": float(errors.max(initial=0.0))},
        )

    def baselines(self) -> Mapping[str, Policy]:
        sources = {"half": HALF, "last": LAST, "smooth": SMOOTH, "window_mean": WINDOW_MEAN}
        return {name: Policy(name, source) for name, source in sources.items()}

    def limits(self, workload: Workload) -> Mapping[str, Bound]:
        return {name: Bound(0.0, "bound", "a mean of magnitudes") for name in ("error", "movement")}


def _turns(moves: np.ndarray) -> int:
    """How often the guesses changed their direction."""
    return int((moves[1:] * moves[:-1] < 0).sum())


def _mean_of(values: Mapping[str, float]) -> float:
    return sum(values.values()) / len(values)


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if values.size else 0.0

"""Tiny problems for tests of sandbox, executor and engine; each file is also loadable by path."""

from pathlib import Path

from evaluators.registry import ProblemSpec
from tests.problems.guess import GuessProblem
from tests.problems.paced import PacedProblem
from tests.problems.planted import PlantedProblem
from tests.problems.sum import SumProblem

_HERE = Path(__file__).resolve().parent

GUESS = ProblemSpec(str(_HERE / "guess.py"))
PACED = ProblemSpec(str(_HERE / "paced.py"))
PLANTED = ProblemSpec(str(_HERE / "planted.py"))
SUM = ProblemSpec(str(_HERE / "sum.py"))

__all__ = [
    "GUESS", "PACED", "PLANTED", "SUM", "GuessProblem", "PacedProblem", "PlantedProblem",
    "SumProblem",
]  # fmt: skip

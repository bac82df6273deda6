"""The examples of the documentation are problems like any other."""

from pathlib import Path

from evaluators.contract import Problem
from evaluators.registry import problem_class
from evaluators.testing import ProblemContract

TWO_QUEUES = Path(__file__).parents[2] / "docs" / "examples" / "two_queues.py"


class TestTwoQueues(ProblemContract):
    def problem(self) -> Problem:
        return problem_class(str(TWO_QUEUES))()

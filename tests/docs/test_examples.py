"""The examples of the documentation are problems like any other."""

from pathlib import Path

from evaluators.contract import Problem
from evaluators.registry import ProblemSpec
from evaluators.testing import ProblemContract

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
TWO_QUEUES = ProblemSpec(str(EXAMPLES / "two_queues.py"))
BIN_PACKING = ProblemSpec(str(EXAMPLES / "bin_packing.py"))


class TestTwoQueues(ProblemContract):
    def problem(self) -> Problem:
        return TWO_QUEUES.load()


class TestBinPacking(ProblemContract):
    def problem(self) -> Problem:
        return BIN_PACKING.load()


def test_a_whole_problem_takes_less_than_sixty_lines():
    assert len(Path(BIN_PACKING.name).read_text().splitlines()) < 60

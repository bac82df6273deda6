"""What holds any problem to its contract: subclass `ProblemContract` in your own tests."""

from evaluators.testing.contract import ProblemContract

__all__ = ["ProblemContract"]

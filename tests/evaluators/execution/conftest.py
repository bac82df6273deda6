"""One executor per problem and module: starting one costs half a second."""

import pytest

from evaluators.execution.local import LocalExecutor
from tests.problems import GUESS, SUM


@pytest.fixture(scope="session")
def guess():
    executor = LocalExecutor(GUESS, slots=1)
    yield executor
    executor.close()


@pytest.fixture(scope="session")
def sums():
    executor = LocalExecutor(SUM, slots=1)
    yield executor
    executor.close()

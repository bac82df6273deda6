"""Executors for the tests that play policies in the sandbox; starting one costs half a second."""

from __future__ import annotations

import pytest

from evaluators.execution.executor import Job
from evaluators.execution.local import LocalExecutor
from tests.problems import GUESS, SUM


@pytest.fixture(scope="session")
def guess():
    """One slot that plays GuessProblem."""
    executor = LocalExecutor(GUESS, slots=1)
    yield executor
    executor.close()


@pytest.fixture(scope="session")
def sums():
    """One slot that plays SumProblem."""
    executor = LocalExecutor(SUM, slots=1)
    yield executor
    executor.close()


def report_of(executor, source, split="tiny", purpose="search", **kwargs):
    """The report of one job, waited for."""
    return executor.submit(Job(source, split, purpose, **kwargs)).result(timeout=120)

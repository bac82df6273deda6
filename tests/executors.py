"""Executors for the tests that play policies in the sandbox; starting one costs half a second."""

from __future__ import annotations

import os

import pytest

from evaluators.execution.executor import Job
from evaluators.execution.local import LocalExecutor
from tests.problems import GUESS, SUM


@pytest.fixture(scope="session")
def guess():
    """One slot that plays GuessProblem, started beside a key that none of it may see."""
    os.environ["CANARY_API_KEY"] = "canary"
    executor = LocalExecutor(GUESS, slots=1)
    yield executor
    executor.close()
    os.environ.pop("CANARY_API_KEY", None)


@pytest.fixture(scope="session")
def sums():
    """One slot that plays SumProblem."""
    executor = LocalExecutor(SUM, slots=1)
    yield executor
    executor.close()


def report_of(executor, source, split="tiny", purpose="search", **kwargs):
    """The report of one job, waited for."""
    return executor.submit(Job(source, split, purpose, **kwargs)).result(timeout=120)

"""The harness against a stub over HTTP: what is counted, and that it goes on where it was."""

from __future__ import annotations

import openai  # noqa: F401  # before any run: the time that a run takes is given to another
import pytest

from evolve.settings import ModelSettings
from tests.bench.local_model import AS_LONG, AS_MANY, Harness
from tests.bench.replies import exchanges_of
from tests.evolve.fakes import DelayedExecutor
from tests.problems import GUESS
from tests.stub_models.server import StubModels, running

COPY = "```python\ndef guess(last):\n    return last\n```"


def answer(body, number: int) -> str:
    """Of four replies one is a copy of a baseline, one is no program, two run."""
    if number % 4 == 0:
        return COPY
    if number % 4 == 1:
        return "I would rather not."
    return f"```python\ndef guess(last):\n    return {0.5 + number / 1000} * last + 0.1\n```"


@pytest.fixture
def stub():
    with running(StubModels(text=answer)) as served:
        yield served


def harness_of(stub: StubModels, archive) -> Harness:
    models = ModelSettings(
        names=("openai/stub",), base_url=stub.openai_url, concurrency=1, output_tokens=500
    )
    problem = GUESS.load()
    return Harness(GUESS, models, str(archive), lambda: DelayedExecutor(problem, 1, lambda: 0.0))


def test_independent_sampling_is_counted_reply_by_reply(stub, tmp_path):
    row = harness_of(stub, tmp_path).row("independent", 1, 4)
    counted = {k: row[k] for k in ("replies", "parsed", "copied", "running", "evaluations")}
    assert counted == {"replies": 5, "parsed": 4, "copied": 2, "running": 2, "evaluations": 2}
    assert row["running_per_100_replies"] == 40.0  # what is no program is sent back once
    assert 0 <= row["improving"] <= 2
    assert row["tokens_in"] > row["tokens_out"] > 0


def test_the_shipped_search_stands_beside_the_one_without_a_model(stub, tmp_path):
    harness = harness_of(stub, tmp_path)
    full = harness.row("full", 1, 4)
    asked = len(stub.requests)
    as_many = harness.row_beside(AS_MANY, full)
    as_long = harness.row_beside(AS_LONG, {**full, "seconds": 0.5})
    assert len(stub.requests) == asked
    assert as_many["evaluations"] == full["evaluations"]
    assert 0.5 <= as_long["seconds"] < 30
    assert min(row["sealed_volume"] for row in (full, as_many, as_long)) > 0
    assert (as_many["arm"], as_many["seed"], as_many["proposals"]) == (AS_MANY, 1, 4)


def test_more_proposals_go_on_with_the_same_run(stub, tmp_path):
    harness = harness_of(stub, tmp_path)
    assert harness.row("full", 1, 2)["proposals"] == 2
    asked = len(stub.requests)
    row = harness.row("full", 1, 4)
    kept = list(exchanges_of(str(tmp_path), "guess-full-1"))
    assert row["replies"] == len(kept) == len(stub.requests) > asked

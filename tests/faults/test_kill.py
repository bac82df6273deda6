"""kill -9 at random moments of a real run: nothing journalled is lost, resuming is exact."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from archive.library import dump
from archive.store.places import store_at
from evaluators.errors import UsageError
from tests.faults.command import adrs, finish
from tests.problems import SUM, SumProblem

EVALUATIONS = 80
IS_SOAK = os.environ.get("ADRS_SOAK") == "1"
KILLS = 20 if IS_SOAK else 4


def run_words(archive: Path, exact: bool) -> list[str]:
    words = ["run", SUM.name, "--evaluations", str(EVALUATIONS), "--seed", "5", "--workers", "2"]
    return [*words, "--archive", str(archive), "--name", "r", *(["--exact"] if exact else [])]


def rows(archive: Path) -> dict[str, list[object]]:
    with store_at(archive).open("r") as journal:
        return {
            "proposals": list(journal.proposals()),
            "evaluations": list(journal.evaluations()),
            "commits": list(journal.commits()),
        }


def canonical(archive: Path) -> bytes:
    with store_at(archive).open("r") as journal:
        return dump(journal, SumProblem())


def kill_until_finished(archive: Path, exact: bool, rng: np.random.Generator, longest_s: float):
    """Kill after a random while, resume, and again; the rows may only grow."""
    process = adrs(*run_words(archive, exact))
    before: dict[str, list[object]] = {}
    for _ in range(KILLS):
        time.sleep(float(rng.uniform(0.05, longest_s)))
        process.send_signal(signal.SIGKILL)
        process.wait()
        if store_at(archive).names() == ["r"]:
            after = rows(archive)
            for kind, known in before.items():
                assert after[kind][: len(known)] == known, f"{kind} were lost or changed"
            before = after
        words = ["resume", "r", "--archive", str(archive)] if before else run_words(archive, exact)
        process = adrs(*words)
    finish(process)


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory) -> tuple[bytes, float]:
    archive = tmp_path_factory.mktemp("whole")
    began = time.monotonic()
    finish(adrs(*run_words(archive, exact=True)))
    return canonical(archive), time.monotonic() - began


@pytest.mark.parametrize("seed", range(2 if IS_SOAK else 1))
def test_an_exact_run_ends_as_if_it_had_never_been_killed(tmp_path, uninterrupted, seed):
    expected, took_s = uninterrupted
    rng = np.random.default_rng(seed)
    kill_until_finished(tmp_path, exact=True, rng=rng, longest_s=took_s)
    assert canonical(tmp_path) == expected


def test_without_exact_no_row_is_lost_or_changed(tmp_path, uninterrupted):
    kill_until_finished(tmp_path, False, np.random.default_rng(7), longest_s=uninterrupted[1])
    assert len(rows(tmp_path)["commits"]) >= EVALUATIONS


def test_one_writer_at_a_time_and_the_holder_is_named(tmp_path):
    process = adrs(*run_words(tmp_path, exact=True))
    try:
        while store_at(tmp_path).names() != ["r"] or not store_at(tmp_path).is_being_written("r"):
            time.sleep(0.02)
        with pytest.raises(UsageError) as refused:
            store_at(tmp_path).open("r", write=True)
        assert str(process.pid) in refused.value.message + refused.value.hint
    finally:
        process.kill()
        process.wait()

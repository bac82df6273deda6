"""kill -9 at random moments of a run that asks a model: no answer is lost, none is paid twice."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from archive.library import dump
from archive.store.places import store_at
from tests.conftest import IS_SOAK
from tests.faults.command import adrs, finish
from tests.problems import GUESS, GuessProblem

KILLS = 50 if IS_SOAK else 5
CONCURRENCY = 4
EVALUATIONS = 60


@pytest.fixture
def stub() -> Iterator[str]:
    words = ["--text-by", "tests.stub_models.answers:guess", "--latency", "lognormal:0.05"]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.stub_models", *words], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    yield process.stdout.readline().strip()
    process.kill()
    process.wait()


def words_of(
    archive: Path | str, url: str, exact: bool, evaluations: int = EVALUATIONS
) -> list[str]:
    words = ["run", GUESS.name, "--evaluations", str(evaluations), "--seed", "5", "--workers", "2"]
    words += ["--model", "openai/stub", "--tokens", "100000000", "--name", "r"]
    words += ["--set", f"model.base_url={url}/v1", "--set", f"model.concurrency={CONCURRENCY}"]
    return [*words, "--archive", str(archive), *(["--exact"] if exact else [])]


def seen_by(url: str) -> int:
    with urllib.request.urlopen(f"{url}/stats") as answer:
        return int(json.load(answer)["requests"])


@pytest.mark.timeout(3600 if IS_SOAK else 300)
@pytest.mark.parametrize("exact", [True, False])
def test_a_killed_run_loses_no_answer(tmp_path, stub, exact):
    began = time.monotonic()
    finish(adrs(*words_of(tmp_path / "whole", stub, exact)))
    took_s = time.monotonic() - began
    before = seen_by(stub)
    rng = np.random.default_rng(1)
    words, kills = words_of(tmp_path / "killed", stub, exact), 0
    process = adrs(*words)
    while kills < KILLS and process.poll() is None:
        time.sleep(float(rng.uniform(0.1, took_s / 2)))
        process.send_signal(signal.SIGKILL)
        process.wait()
        kills += 1
        if store_at(tmp_path / "killed").names():
            words = ["resume", "r", "--archive", str(tmp_path / "killed")]
        process = adrs(*words)
    finish(process)
    with store_at(tmp_path / "killed").open("r") as journal:
        answered = Counter(e.state for e in journal.call_ends())["answered"]
        turns = {c.id: (c.number, c.turn) for c in journal.calls()}
        again = Counter(turns[e.id] for e in journal.call_ends() if e.state == "answered")
        killed = dump(journal, GuessProblem())
    assert seen_by(stub) - before - answered <= CONCURRENCY * kills
    assert set(again.values()) == {1}, "an answered request was asked again"
    if exact:
        with store_at(tmp_path / "whole").open("r") as journal:
            assert killed == dump(journal, GuessProblem())

"""`adrs replay`: the same archive from the journal alone, by a process without a network."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np

import evolve
from evaluators.resources import resource
from evolve.cli.main import main
from evolve.settings import ModelSettings, Settings
from tests.conftest import IS_SOAK
from tests.evolve.fakes import DelayedExecutor, shuffled_delays
from tests.problems import GUESS
from tests.stub_models.answers import guess
from tests.stub_models.server import StubModels, running

CALLS = 300 if IS_SOAK else 80

OFFLINE = """
import socket, sys

def refuse(event, arguments):
    # an event loop wakes itself through a pair of local sockets, a lock names its machine
    is_local = event == "socket.__new__" and arguments[1] == socket.AF_UNIX
    if event.startswith("socket.") and not is_local and event != "socket.gethostname":
        raise RuntimeError(f"{event} in a replay")

sys.addaudithook(refuse)
from evolve.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


CHANGED = """
import pathlib, sys
from evolve.cli.main import main
from evolve.prompting import template
template.resource = lambda folder: pathlib.Path(sys.argv[1])
sys.exit(main(sys.argv[2:]))
"""


def started(code: str, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=280)


def search(archive: Path, calls: int) -> evolve.Run:
    """A run of about so many calls, each of which takes its time; the stub is gone afterwards."""
    rng = np.random.default_rng(4)
    with running(StubModels(text=guess, latency_s=lambda _: float(rng.exponential(0.05)))) as stub:
        model = ModelSettings(
            names=("openai/a", "openai/b"), base_url=stub.openai_url, concurrency=8,
            output_tokens=500, reflect_every=10,
        )  # fmt: skip
        evaluations = calls + len(GUESS.load().baselines())
        settings = Settings(
            GUESS, evaluations=evaluations, seed=1, archive=str(archive), model=model, tokens=10**9
        )
        executor = DelayedExecutor(GUESS.load(), 3, shuffled_delays(5))
        run = evolve.run(settings, executor=executor)
        assert len(stub.requests) == run.spending().calls >= calls / 2  # some proposals need none
    return run


def test_a_replay_reaches_the_same_archive_and_no_network(tmp_path):
    run = search(tmp_path, CALLS)
    numbers = [e.number for e in run.entries()]
    assert numbers != sorted(numbers), "the delays were to mix the order of commits"
    done = started(OFFLINE, "replay", run.name, "--archive", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert f"{len(numbers)} commits, {run.spending().calls} calls to models" in done.stdout
    assert done.stdout.endswith("the archive is the same\n")


def test_the_guard_against_connections_would_be_seen():
    code = OFFLINE.partition("from evolve")[0]
    assert "in a replay" in started(f"{code}socket.create_connection(('127.0.0.1', 9))").stderr


def test_a_changed_prompt_has_no_recorded_reply(tmp_path):
    run = search(tmp_path, 12)
    shutil.copytree(resource("prompts"), tmp_path / "prompts")
    system = tmp_path / "prompts" / "system.md"
    system.write_text(system.read_text().replace("Nothing else counts.", "Be brief."))
    done = started(
        CHANGED, str(tmp_path / "prompts"), "replay", run.name, "--archive", str(tmp_path)
    )
    assert done.returncode == 2, done.stderr
    error, hint = done.stderr.splitlines()
    assert "no recorded reply: the request of proposal" in error
    assert error.endswith("differs from the recorded one in messages")
    assert hint.startswith("hint: ")


def test_changed_limits_have_no_recorded_reply(tmp_path, capsys, monkeypatch):
    run = search(tmp_path, 8)
    from_json = Settings.from_json
    hotter = {"temperature": 0.5, "output_tokens": 400}

    def changed(data):
        return from_json({**data, "model": {**data["model"], **hotter}})

    monkeypatch.setattr("evolve.settings.Settings.from_json", changed)
    assert main(["replay", run.name, "--archive", str(tmp_path)]) == 2
    assert "in max_output_tokens, temperature" in capsys.readouterr().err

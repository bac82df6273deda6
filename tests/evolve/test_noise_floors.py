"""A floor counts for what it was measured on, and for nothing else."""

from __future__ import annotations

import dataclasses

import pytest

from evaluators.calibration import Calibration
from evaluators.contract import Score
from evaluators.errors import UsageError
from evaluators.execution.executor import Report, Sandbox
from evolve import noise_floors
from evolve.noise_floors import state_file
from tests.problems import GUESS, GuessProblem
from tests.problems.guess import Parameters

REPORT = Report(Score({}), Sandbox("L2", "00", ""), device="a processor")


@pytest.fixture(autouse=True)
def measured(tmp_path, monkeypatch):
    """What the next measurements find: a floor each, and all else as it is."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    floors = [0.1, 0.2]

    class Executor:
        def __init__(self, *_):
            pass

        def close(self):
            pass

    def calibrate(problem, executor, split, tell):
        return Calibration(split, 20, ["last"], {}, {"cpu": floors.pop(0)}, REPORT)

    monkeypatch.setattr("evaluators.execution.local.LocalExecutor", Executor)
    monkeypatch.setattr(noise_floors, "calibrate", calibrate)


def found(problem=None, split="selection", report=REPORT):
    return noise_floors.noise_floors(
        problem or GuessProblem(), split, report.device, report.sandbox
    )


def test_the_latest_floor_counts():
    assert found() == {}
    noise_floors.measure(GUESS)
    assert found() == {"cpu": 0.1}
    noise_floors.measure(GUESS)
    assert found() == {"cpu": 0.2}
    assert len(state_file().read_text().splitlines()) == 2


def test_another_problem_split_machine_or_sandbox_has_none(monkeypatch):
    noise_floors.measure(GUESS)
    other = Sandbox("L1", "00", "")
    assert found(GuessProblem(Parameters(steps=3))) == {}
    assert found(split="search") == {}
    assert found(report=dataclasses.replace(REPORT, device="another")) == {}
    assert found(report=dataclasses.replace(REPORT, sandbox=other)) == {}
    monkeypatch.setattr("platform.node", lambda: "elsewhere")
    assert found() == {}
    monkeypatch.undo()


def test_another_version_has_none(monkeypatch):
    noise_floors.measure(GUESS)
    now = noise_floors.versions()
    monkeypatch.setattr(noise_floors, "versions", lambda: {**now, "numpy": "0.1"})
    assert found() == {}
    monkeypatch.setattr(noise_floors, "versions", lambda: {**now, "code": "other"})
    assert found() == {"cpu": 0.1}


def test_a_damaged_file_is_named():
    noise_floors.measure(GUESS)
    with state_file().open("a") as file:
        file.write("{half a li\n")
    with pytest.raises(UsageError, match="line 2: not JSON"):
        found()


def test_a_folder_that_cannot_be_made_is_named(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    with pytest.raises(UsageError, match="noise_floors"):
        noise_floors.measure(GUESS)

"""An archive with one finished run, for the verbs that read."""

from __future__ import annotations

from pathlib import Path

import pytest

from evaluators.execution.executor import Sandbox
from evaluators.registry import ProblemSpec
from evolve.search import run
from evolve.settings import Settings
from tests.evolve.fakes import DelayedExecutor, shuffled_delays

SEALED = Sandbox("L2", "00" * 32, "L2: as a test has it")
TWO_QUEUES = Path(__file__).parents[3] / "docs" / "examples" / "two_queues.py"


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder where noise floors are kept: nobody else's."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state"


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder that holds the run `queues`: 40 evaluations of the documentation's example."""
    folder = str(tmp_path_factory.mktemp("archive"))
    spec = ProblemSpec(str(TWO_QUEUES), {"jobs": "100"})
    settings = Settings(spec, evaluations=40, seed=1, name="queues", archive=folder)
    executor = DelayedExecutor(spec.load(), 2, shuffled_delays(0, 0.001), SEALED)
    run(settings, executor=executor)
    return folder

"""Scores of different sandboxes are never compared silently."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from evaluators.execution.executor import Sandbox
from evaluators.registry import ProblemSpec
from evolve.cli.main import main
from evolve.events import Cautioned
from evolve.protection import caution, protection
from evolve.search import resume, run
from evolve.settings import Settings
from tests.evolve.cli.conftest import TWO_QUEUES
from tests.evolve.fakes import SANDBOX, DelayedExecutor, shuffled_delays

SPEC = ProblemSpec(str(TWO_QUEUES), {"jobs": "60"})
L2 = Sandbox("L2", "aa" * 32, "L2: as a test has it")
L3 = Sandbox("L3", "aa" * 32, "L3: as a test has it")
OTHER_FILTER = Sandbox("L2", "bb" * 32, "L2: with another filter")


def executor(sandbox: Sandbox) -> DelayedExecutor:
    return DelayedExecutor(SPEC.load(), 2, shuffled_delays(0, 0.001), sandbox)


def searched(folder: Path, first: Sandbox, then: Sandbox) -> list[str]:
    """A run under one sandbox that goes on under another; what its watcher is cautioned of."""
    settings = Settings(SPEC, evaluations=6, seed=1, name="r", archive=str(folder))
    run(settings, executor=executor(first))
    said: list[str] = []

    def observe(event: object) -> None:
        if isinstance(event, Cautioned):
            said.append(event.text)

    resume(str(folder), "r", more_evaluations=4, observer=observe, executor=executor(then))
    return said


@pytest.mark.parametrize("verb", ["front", "status", "show"])
def test_a_run_of_two_levels_says_so_in_one_line(tmp_path, capsys, verb):
    (said,) = searched(tmp_path, L2, L3)
    assert "at L2 (filter aaaaaaaa), 0 evaluations at L3 (filter aaaaaaaa)" in said
    assert main([verb, "r/1" if verb == "show" else "r", "--archive", str(tmp_path)]) == 0
    (line,) = capsys.readouterr().err.splitlines()
    assert "different protection" in line
    assert "0 evaluations" not in line


def test_doctor_says_so_too(tmp_path, capsys):
    searched(tmp_path, L2, L3)
    main(["doctor", "r", "--archive", str(tmp_path)])
    assert "different protection" in capsys.readouterr().out


def test_a_run_of_one_level_says_nothing(tmp_path, capsys):
    assert searched(tmp_path, L3, L3) == []
    assert main(["front", "r", "--archive", str(tmp_path)]) == 0
    assert capsys.readouterr().err == ""


def test_scores_without_a_sandbox_are_named(tmp_path, capsys):
    searched(tmp_path, SANDBOX, SANDBOX)
    assert main(["front", "r", "--archive", str(tmp_path)]) == 0
    assert "nothing shows that these scores are real" in capsys.readouterr().err


def test_another_filter_is_another_protection():
    counts = Counter([protection(L2), protection(OTHER_FILTER)])
    assert "filter aaaaaaaa" in caution(counts)
    assert "filter bbbbbbbb" in caution(counts)

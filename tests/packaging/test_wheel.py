"""What a user installs: the wheel's content, and the command from it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from evaluators.registry import BUILT_IN
from tests.packaging.wheel import build_wheel, listing

GOLDEN = Path(__file__).with_name("wheel_files.txt")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the installed wheel; its dependencies are this environment's."""
    folder = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, "--target", str(folder), str(wheel)], check=True)
    return folder


def python(installed: Path, cwd: Path, *arguments: str) -> str:
    """What a Python that sees the installed wheel first prints."""
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    done = subprocess.run(
        [sys.executable, "-P", *arguments],
        cwd=cwd, env=environment, check=True, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    return done.stdout


def test_the_wheel_holds_what_the_golden_list_says(wheel: Path) -> None:
    expected = GOLDEN.read_text().splitlines()
    assert listing(wheel) == expected, "if it is meant so: make wheel-list"


def test_prompts_and_seeds_lie_inside_the_package(installed: Path, tmp_path: Path) -> None:
    code = (
        "import evaluators, evaluators.resources as r\n"
        "print(evaluators.__file__)\n"
        "print(r.resource('prompts'), r.resource('seeds'))"
    )
    assert python(installed, tmp_path, "-c", code).split() == [
        str(installed / "evaluators" / "__init__.py"),
        str(installed / "evaluators" / "_data" / "prompts"),
        str(installed / "evaluators" / "_data" / "seeds"),
    ]


def test_the_installed_command_lists_the_problems(installed: Path, tmp_path: Path) -> None:
    shown = python(installed, tmp_path, str(installed / "bin" / "adrs"), "problems")
    for name in BUILT_IN:
        assert name in shown


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_an_installed_problem_finds_its_seeds(name: str, installed: Path, tmp_path: Path) -> None:
    shown = python(installed, tmp_path, str(installed / "bin" / "adrs"), "problems", name)
    assert "Baselines: " in shown

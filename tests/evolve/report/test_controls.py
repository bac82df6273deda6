"""What a report says of objectives that are read from a clock."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from evaluators.registry import ProblemSpec
from evolve.controls import Controls
from evolve.report.controls import controls_section
from evolve.search import run
from evolve.settings import Settings
from tests.problems import PLANTED


@pytest.mark.parametrize(
    ("floors", "told"),
    [
        ({}, f"unknown: `adrs doctor {PLANTED.name} --param timed=true`"),
        (
            {"cpu": 0.25},
            "differ by up to 25% in it on this machine (95th percentile) when measured",
        ),
    ],
    ids=["unknown", "known"],
)
def test_the_noise_floor_or_the_command_that_measures_it(
    tmp_path: Path, floors: Mapping[str, float], told: str
) -> None:
    spec = ProblemSpec(PLANTED.name, {"timed": "true"})
    found = run(Settings(spec, evaluations=3, workers=1, exact=True, archive=str(tmp_path)))
    lines = "\n".join(controls_section(found, Controls([]), floors))
    assert "cpu is read from a clock: no claim above rests on it." in lines
    assert told in lines


def test_a_requirement_may_rest_on_a_clock(tmp_path: Path) -> None:
    spec = ProblemSpec(PLANTED.name, {"timed": "true"})
    found = run(
        Settings(spec, evaluations=3, workers=1, require=("cpu<=900",), archive=str(tmp_path))
    )
    lines = "\n".join(controls_section(found, Controls([]), {}))
    assert r"what is said of cpu\<=900 holds for the machine that measured it." in lines

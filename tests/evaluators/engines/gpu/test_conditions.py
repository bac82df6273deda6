"""What the driver tells of a GPU, by a program that answers as nvidia-smi does."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from evaluators.engines.gpu.conditions import (
    Conditions,
    cpu_conditions,
    cpu_words,
    gpu_conditions,
    gpu_words,
    query,
)

KNOWN = {
    "clocks.sm": "1980", "clocks.mem": "3201", "temperature.gpu": "41", "power.draw": "[N/A]",
    "driver_version": "570.1", "clocks.max.sm": "1985", "power.limit": "700.00",
}  # fmt: skip


@pytest.fixture
def driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Answers for GPU-1 alone."""
    program = tmp_path / "nvidia-smi"
    program.write_text(
        "#!/usr/bin/env python3\nimport sys\n"
        f"known = {KNOWN!r}\n"
        "given = dict(w.removeprefix('--').split('=', 1) for w in sys.argv[1:])\n"
        "if given['id'] != 'GPU-1': sys.exit(6)\n"
        "print(', '.join(known[k] for k in given['query-gpu'].split(',')))\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return program


@pytest.mark.usefixtures("driver")
def test_clocks_and_temperature_are_numbers_and_what_is_not_told_is_left_out() -> None:
    told = gpu_conditions("GPU-1")
    assert told == Conditions(1980.0, 3201.0, 41.0, None)
    assert told.known() == {"sm_clock_mhz": 1980, "memory_clock_mhz": 3201, "temperature_c": 41}


@pytest.mark.usefixtures("driver")
def test_a_line_names_driver_clock_and_power() -> None:
    assert gpu_words("H200", "GPU-1") == "H200 GPU-1, driver 570.1, up to 1985 MHz, 700.00 W"


@pytest.mark.usefixtures("driver")
def test_a_gpu_that_the_driver_does_not_know_has_no_conditions() -> None:
    assert gpu_conditions("GPU-2") == Conditions()
    assert "driver unknown" in gpu_words("H200", "GPU-2")


def test_without_the_driver_nothing_is_known(tmp_path: Path) -> None:
    assert query("GPU-1", ["power.draw"], str(tmp_path / "none")) == {"power.draw": ""}


def test_a_cpu_has_a_name_and_no_temperature() -> None:
    assert cpu_words()
    assert cpu_conditions().temperature_c is None

"""What a device is, and how it was while it was measured: clocks, temperature, power, versions."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean

ANSWER_S = 10.0
_UNKNOWN = ""
_NOW = {  # field of Conditions -> what nvidia-smi calls it
    "sm_clock_mhz": "clocks.sm",
    "memory_clock_mhz": "clocks.mem",
    "temperature_c": "temperature.gpu",
    "power_w": "power.draw",
}


@dataclass(frozen=True, slots=True)
class Conditions:
    """A device at one moment; None where nothing tells."""

    sm_clock_mhz: float | None = None
    memory_clock_mhz: float | None = None
    temperature_c: float | None = None
    power_w: float | None = None

    def known(self) -> dict[str, float]:
        """Those that are known, by name."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def gpu_conditions(uuid: str) -> Conditions:
    """Of an NVIDIA GPU, as its driver tells it."""
    told = query(uuid, tuple(_NOW.values()))
    return Conditions(**{name: _number(told[key]) for name, key in _NOW.items()})


def cpu_conditions() -> Conditions:
    """Of this machine's CPUs: their mean frequency, where the kernel tells it."""
    found = [float(value) for value in _cpuinfo("cpu MHz")]
    return Conditions(sm_clock_mhz=fmean(found) if found else None)


def gpu_words(name: str, uuid: str) -> str:
    """One line: model, UUID, driver, highest clock and power limit."""
    keys = ("driver_version", "clocks.max.sm", "power.limit")
    driver, clock, power = query(uuid, keys).values()
    parts = [
        f"driver {driver}" if driver else "driver unknown (nvidia-smi does not answer)",
        *([f"up to {clock} MHz"] if clock else []),
        *([f"{power} W"] if power else []),
    ]
    return f"{name} {uuid}, {', '.join(parts)}"


def cpu_words() -> str:
    """One line: the processor's name."""
    return next(iter(_cpuinfo("model name")), platform.machine())


def query(uuid: str, keys: Sequence[str], program: str = "nvidia-smi") -> Mapping[str, str]:
    """What the driver says of a GPU, key by key; an empty text where it says nothing."""
    command = [program, f"--id={uuid}", f"--query-gpu={','.join(keys)}",
               "--format=csv,noheader,nounits"]  # fmt: skip
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=ANSWER_S, check=True
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):  # no driver tools, or not for this GPU
        return dict.fromkeys(keys, _UNKNOWN)
    values = [v.strip() for v in done.stdout.strip().split(",")]
    if len(values) != len(keys):
        return dict.fromkeys(keys, _UNKNOWN)
    return {k: _UNKNOWN if v.startswith("[") else v for k, v in zip(keys, values, strict=True)}


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _cpuinfo(key: str) -> list[str]:
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return [line.partition(":")[2].strip() for line in lines if line.startswith(key)]

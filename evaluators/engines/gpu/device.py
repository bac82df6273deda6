"""Opens a device by name, for this process alone."""

from __future__ import annotations

import importlib.util
import platform
from dataclasses import dataclass
from typing import Any

from evaluators.engines.gpu.conditions import (
    Conditions,
    cpu_conditions,
    cpu_words,
    gpu_conditions,
    gpu_words,
)
from evaluators.engines.gpu.lock import DeviceLock
from evaluators.engines.gpu.timing import Clock, EventClock, HostClock
from evaluators.errors import UsageError

EXPECTED = "expected cuda:N (an NVIDIA GPU) or cpu"


@dataclass(frozen=True)
class Device:
    """A device that this process has for itself until it closes it.

    `place` is what PyTorch calls it; `facts` is one line of what stays the same while it is open.
    """

    name: str
    uuid: str
    place: Any  # torch.device
    facts: str
    clock: Clock
    lock: DeviceLock

    @property
    def is_gpu(self) -> bool:
        """Whether it is one; else this machine's CPU, for tests."""
        return self.name != "cpu"

    def conditions(self) -> Conditions:
        """Clocks, temperature and power now."""
        return gpu_conditions(self.uuid) if self.is_gpu else cpu_conditions()

    def close(self) -> None:
        """Let others have it."""
        self.lock.close()


def open_device(name: str) -> Device:
    """The device of that name, locked.

    Raises:
        UsageError: in one line what is missing: PyTorch, the GPU, or its exclusive use.
    """
    check_name(name)
    torch = _torch(name)
    if name == "cpu":
        return _cpu(torch)
    return _gpu(torch, name, int(name.removeprefix("cuda:")))


def check_name(name: str) -> None:
    """Raises UsageError for what names no device, without looking for one."""
    kind, colon, number = name.partition(":")
    is_gpu = kind == "cuda" and colon and number.isascii() and number.isdigit()
    if name != "cpu" and not is_gpu:
        raise UsageError(f"no device is called {name!r}", EXPECTED)


def _torch(name: str) -> Any:
    if importlib.util.find_spec("torch") is None:
        raise UsageError(
            f"device {name}: PyTorch is not installed", "install it beside adrs: pip install torch"
        )
    import torch

    return torch


def _cpu(torch: Any) -> Device:
    uuid = f"cpu-{platform.node()}"
    lock = DeviceLock("cpu", uuid)
    torch.set_num_threads(1)  # small shapes beside other work: threads would wait for each other
    facts = f"{cpu_words()}, PyTorch {torch.__version__}"
    return Device("cpu", uuid, torch.device("cpu"), facts, HostClock(), lock)


def _gpu(torch: Any, name: str, index: int) -> Device:
    if not torch.cuda.is_available():
        built = torch.version.cuda or "no CUDA"
        raise UsageError(
            f"device {name}: PyTorch {torch.__version__} (built for {built}) finds no GPU",
            "see nvidia-smi, and CUDA_VISIBLE_DEVICES",
        )
    if index >= torch.cuda.device_count():
        raise UsageError(
            f"device {name}: there are {torch.cuda.device_count()} GPUs",
            f"name one of cuda:0 .. cuda:{torch.cuda.device_count() - 1}",
        )
    properties = torch.cuda.get_device_properties(index)
    uuid = f"GPU-{properties.uuid}"
    lock = DeviceLock(name, uuid)
    torch.cuda.set_device(index)
    place = torch.device(name)
    versions = f"CUDA {torch.version.cuda}, PyTorch {torch.__version__}"
    facts = f"{gpu_words(properties.name, uuid)}, {versions}"
    return Device(name, uuid, place, facts, EventClock(place), lock)

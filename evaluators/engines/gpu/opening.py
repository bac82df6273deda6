"""Opens a serving engine on a device by name, and says what it runs on."""

from __future__ import annotations

import importlib.util
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evaluators.engines.gpu.shapes import shape_named
from evaluators.errors import UsageError

if TYPE_CHECKING:
    from evaluators.engines.gpu.torch_engine import TorchEngine

DRIVER = Path("/proc/driver/nvidia/version")


def open_engine(device: str, model: str, **options: Any) -> TorchEngine:
    """A warm engine of a shape of `SHAPES` on "cpu" or "cuda:N"; options as of `TorchEngine`.

    Raises UsageError when PyTorch, the device or the model is missing.
    """
    shape = shape_named(model)
    check_device(device)
    from evaluators.engines.gpu.torch_engine import TorchEngine

    engine = TorchEngine(shape, device, **options)
    engine.capture_all()
    return engine


def check_device(device: str) -> None:
    """Raises UsageError with what is missing."""
    if importlib.util.find_spec("torch") is None:
        raise UsageError("PyTorch is missing", "pip install torch")
    import torch

    try:
        kind = torch.device(device)
    except RuntimeError as error:
        raise UsageError(f"unknown device {device!r}", "expected cpu or cuda:0") from error
    if kind.type == "cuda" and (kind.index or 0) >= torch.cuda.device_count():
        found = torch.cuda.device_count()
        raise UsageError(f"no device {device!r}: {found} GPUs are found", "see nvidia-smi")


def facts_of(engine: TorchEngine, device: str) -> Mapping[str, Any]:
    """What a measurement depends on beside the code: texts and numbers by name."""
    import torch

    is_gpu = torch.device(device).type == "cuda"
    driver = DRIVER.read_text().splitlines()[0] if DRIVER.exists() else "none"
    return {
        "model": engine.shape.name,
        "device": torch.cuda.get_device_name(device) if is_gpu else platform.machine(),
        "driver": driver if is_gpu else "none",
        "pytorch": torch.__version__,
        "cuda": torch.version.cuda or "none",
        "python": platform.python_version(),
        "graphs": engine.graphs,
    }

"""A serving engine on an open device; PyTorch is imported here, when one is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evaluators.engines.gpu.device import Device
from evaluators.engines.gpu.shapes import shape_named
from evaluators.engines.gpu.sweep import designed, limits_of, timed

if TYPE_CHECKING:
    from evaluators.engines.gpu.torch_engine import TorchEngine


def engine_on(device: Device, model: str, **options: Any) -> TorchEngine:
    """A warm engine of one of `SHAPES`; options as of `TorchEngine`. Raises UsageError."""
    shape = shape_named(model)
    from evaluators.engines.gpu.torch_engine import TorchEngine

    engine = TorchEngine(shape, device.place, **options)
    engine.capture_all()
    if device.is_gpu:  # libraries load a kernel when a shape first needs it
        rng = np.random.default_rng(0)
        limits = limits_of(shape, engine.kv_capacity_tokens, engine.max_running)
        timed(engine, designed(limits, rng), rng, rounds=1)
    return engine


def facts_of(engine: TorchEngine, device: Device) -> dict[str, Any]:
    """What a measurement depends on beside the code: texts and numbers by name."""
    return {
        "model": engine.shape.name,
        "parameters": engine.shape.parameters,
        "device": device.facts,
        "graphs": engine.graphs,
        **device.conditions().known(),
    }

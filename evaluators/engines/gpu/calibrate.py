"""python -m evaluators.engines.gpu.calibrate --device cuda:0 --model 8b --out 8b.toml

Measures how long iterations of the serving engine take, fits the constants of the simulator's cost
model to them, says how far it is from iterations that it was not fitted to, and writes a file for
`adrs ... --param engine=FILE`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np

from evaluators.engines.gpu.calibration import (
    ROUNDS,
    Calibration,
    calibrated,
    write_calibration,
)
from evaluators.engines.gpu.device import Device, open_device
from evaluators.engines.gpu.fit import COEFFICIENTS
from evaluators.engines.gpu.opening import engine_on, facts_of
from evaluators.engines.gpu.shapes import SHAPES
from evaluators.engines.gpu.sweep import limits_of
from evaluators.errors import UsageError

SEED = 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0, or 2 with what the user can mend."""
    args = _parser().parse_args(arguments)
    try:
        calibration = calibrate(args.device, args.model, args.out, args.kv_tokens, args.rounds)
    except UsageError as error:
        print(error.message, error.hint, sep="\n", file=sys.stderr)
        return 2
    print("\n".join(words(calibration)))
    print(f"written to {args.out}: --param engine={args.out}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m evaluators.engines.gpu.calibrate")
    parser.add_argument("--device", required=True, help="cuda:0, or cpu")
    parser.add_argument("--model", required=True, help=", ".join(SHAPES))
    parser.add_argument("--out", required=True, type=Path, help="the file to write (TOML)")
    parser.add_argument(
        "--kv-tokens", type=int, default=0, help="KV cache; default: what the device has room for"
    )
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of the sweep")
    return parser


def calibrate(
    name: str, model: str, out: Path, kv_tokens: int = 0, rounds: int = ROUNDS
) -> Calibration:
    """Measure, fit and write. Raises UsageError when the device cannot be opened."""
    with closing(open_device(name)) as device:
        return _calibrate(device, model, out, kv_tokens, rounds)


def _calibrate(device: Device, model: str, out: Path, kv_tokens: int, rounds: int) -> Calibration:
    engine = engine_on(device, model, kv_capacity_tokens=kv_tokens)
    limits = limits_of(engine.shape, engine.kv_capacity_tokens, engine.max_running)
    rng = np.random.default_rng(SEED)
    calibration = calibrated(engine, f"{model} on {device.name}", limits, rng, rounds)
    write_calibration(out, calibration, facts_of(engine, device))
    return calibration


def words(calibration: Calibration) -> Iterator[str]:
    """The constants in the units of the field, and how far they are off."""
    cost = calibration.cost
    names = ("ms", "ms/token", "ms/Mpair", "ms/k tokens read", "ms/request")
    scales = (1e3, 1e3, 1e9, 1e6, 1e3)
    yield f"{cost.name}: {calibration.iterations} iterations, KV cache {cost.kv_capacity_tokens}"
    for name, unit, scale in zip(COEFFICIENTS, names, scales, strict=True):
        yield f"  {name:12s} {getattr(cost, name) * scale:9.4f} {unit}"
    for name, of in (("fitted", calibration.fitted), ("held out", calibration.held_out)):
        yield f"  error, {name:9s} mean {of.mean:.1%}, p95 {of.p95:.1%}, worst {of.worst:.1%}"


if __name__ == "__main__":
    sys.exit(main())

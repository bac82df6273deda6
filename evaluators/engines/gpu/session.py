"""python -m evaluators.engines.gpu.session --device cuda:0 --out FOLDER

What is measured on a GPU, in one call of at most ten minutes: for each model its outputs held
against reference ones, the calibration, and policies on the device beside the simulator; then
expert placements. Each part is a process of its own with a limit of its own, so that one that fails
takes no other with it; FOLDER has what each said (NAME.txt) and its figures.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

PACKAGE = "evaluators.engines.gpu"
TOTAL_S = 570.0


@dataclass(frozen=True, slots=True)
class Part:
    """A module of PACKAGE with its arguments, and the most seconds that it may take."""

    name: str
    words: tuple[str, ...]
    limit_s: float


def parts(device: str, models: Sequence[str], folder: Path, seconds: float) -> Iterator[Part]:
    """In the order of what depends on what."""
    on = ("--device", device)
    for model in models:
        file = str(folder / f"{model}.toml")
        yield Part(f"check-{model}", ("check", *on, "--model", model), 60)
        yield Part(f"calibrate-{model}", ("calibrate", *on, "--model", model, "--out", file), 120)
        measured = ("--calibration", file, "--out", str(folder / f"scheduling-{model}.json"))
        words = ("measure", "request_scheduling", *on, *measured, "--seconds", str(seconds))
        yield Part(f"measure-{model}", words, 200)
    out = ("--out", str(folder / "placement.json"), "--seconds", "120")
    yield Part("measure-placement", ("measure", "expert_placement", *on, *out), 200)


def run(part: Part, folder: Path, left_s: float) -> str:
    """How it ended, in a word or two."""
    began_s = time.monotonic()
    module, *words = part.words
    limit_s = min(part.limit_s, left_s)
    with (folder / f"{part.name}.txt").open("w", encoding="utf-8") as said:
        command = [sys.executable, "-m", f"{PACKAGE}.{module}", *words]
        try:
            done = subprocess.run(
                command, stdout=said, stderr=said, timeout=limit_s, check=False
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return f"stopped after {limit_s:.0f} s"
    ended = "done" if done.returncode == 0 else f"failed with status {done.returncode}"
    return f"{ended} in {time.monotonic() - began_s:.0f} s"


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0, or 1 where a part did not end well."""
    parser = argparse.ArgumentParser(prog=f"python -m {PACKAGE}.session")
    parser.add_argument("--device", required=True, help="cuda:0, or cpu")
    parser.add_argument("--out", required=True, type=Path, help="a folder for the results")
    parser.add_argument("--models", nargs="+", default=("1b", "8b"))
    parser.add_argument("--seconds", type=float, default=10.0, help="of arrivals in an episode")
    args = parser.parse_args(arguments)
    args.out.mkdir(parents=True, exist_ok=True)
    ends_s = time.monotonic() + TOTAL_S
    well = True
    for part in parts(args.device, args.models, args.out, args.seconds):
        left_s = ends_s - time.monotonic()
        ended = run(part, args.out, left_s) if left_s > 0 else "not begun: no time is left"
        well &= ended.startswith("done")
        print(f"== {part.name}: {ended}", flush=True)
        text = args.out / f"{part.name}.txt"
        print(text.read_text(encoding="utf-8") if text.exists() else "", flush=True)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())

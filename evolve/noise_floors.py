"""The noise floors of this machine: measured by `adrs doctor PROBLEM`, used by `adrs compare`.

They are of a machine, not of an archive: a file of the user's own keeps them, a JSON line for each
calibration. One counts for another measurement only where all of its key is the same.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from evaluators.calibration import Calibration, Tell, calibrate
from evaluators.contract import Problem, Split
from evaluators.errors import UsageError
from evaluators.execution.evaluation import DEFAULT_ROUNDS
from evaluators.execution.executor import Sandbox
from evaluators.identity import problem_digest
from evaluators.registry import ProblemSpec
from evaluators.resources import state_folder
from evaluators.writing import writing
from evolve.searching import now
from evolve.versions import versions

_VERSIONS = ("python", "numpy", "adrs")  # our own code by its release: not every edit adds noise


def _tell_nobody(done: int, pairs: int) -> None:
    """Nobody waits for it."""


def measure(
    spec: ProblemSpec,
    split: Split = "selection",
    *,
    unsafe_no_sandbox: bool = False,
    tell: Tell = _tell_nobody,
) -> Calibration:
    """Calibrate a problem here and keep what came of it.

    Raises:
        UsageError: a baseline fails, or the file cannot be written.
    """
    from evaluators.execution.local import LocalExecutor

    problem = spec.load()
    with closing(LocalExecutor(spec, 2, unsafe_no_sandbox)) as executor:
        found = calibrate(problem, executor, split, tell)
    if found.noise_floors:
        _keep(_key(problem, split, found.report.device, found.report.sandbox), found)
    return found


def noise_floors(
    problem: Problem, split: Split, device: str, sandbox: Sandbox
) -> Mapping[str, float]:
    """Measured objective -> the relative difference that equals show, as last measured.

    Empty where nobody calibrated this problem on this split, machine, sandbox and version.
    `device` and `sandbox` are those of the measurement that is to be judged.
    """
    key = _key(problem, split, device, sandbox)
    found = [line["noise_floors"] for line in _lines() if line["key"] == key]
    return found[-1] if found else {}


def state_file() -> Path:
    """Where they are kept. Raises UsageError."""
    return state_folder() / "noise_floors.jsonl"


def _key(problem: Problem, split: Split, device: str, sandbox: Sandbox) -> dict[str, Any]:
    known = versions()
    return {
        "problem": problem.name,
        "digest": problem_digest(problem),
        "split": split,
        "rounds": DEFAULT_ROUNDS,
        "host": platform.node(),
        "device": device,
        "sandbox": sandbox.level,
        "filter_sha256": sandbox.filter_sha256,
        "versions": {name: known[name] for name in _VERSIONS},
    }


def _keep(key: Mapping[str, Any], found: Calibration) -> None:
    """One write: lines of two processes do not mix."""
    path = state_file()
    line = {
        "key": key,
        "noise_floors": dict(found.noise_floors),
        "pairs": found.pairs,
        "policies": list(found.policies),
        "at": now().isoformat(),
    }
    with writing(path, "name a folder that can be written: XDG_STATE_HOME=DIR"):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


def _lines() -> Iterator[dict[str, Any]]:
    path = state_file()
    if not path.is_file():
        return
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            yield json.loads(text)
        except json.JSONDecodeError as error:
            raise UsageError(
                f"{path}, line {number}: not JSON", "delete the line, or the file"
            ) from error

"""A problem's digest as another interpreter sees it, under another seed of `hash()`.

python -m evaluators.testing.fresh_process DESCRIPTION    # prints the digest
"""

from __future__ import annotations

import dataclasses
import importlib.util
import inspect
import json
import os
import subprocess
import sys

from evaluators.contract import Problem
from evaluators.identity import problem_digest


def digest_in_fresh_process(problem: Problem, workload_file: str | None) -> str:
    """The digest. Raises RuntimeError with the other process's traceback when it cannot load."""
    description = {
        "file": inspect.getsourcefile(type(problem)),
        "class": type(problem).__qualname__,
        "parameters": dataclasses.asdict(problem.parameters),
        "workload_file": workload_file,
    }
    other_seed = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
    path = os.pathsep.join(p or "." for p in sys.path)
    done = subprocess.run(
        [sys.executable, "-m", __name__, json.dumps(description)],
        env={**os.environ, "PYTHONHASHSEED": other_seed, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"the problem does not load in another process:\n{done.stderr}")
    return done.stdout.strip()


def _problem(description: str) -> Problem:
    d = json.loads(description)
    spec = importlib.util.spec_from_file_location("problem_in_fresh_process", d["file"])
    if spec is None or spec.loader is None:
        raise RuntimeError(f"{d['file']} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    cls: type[Problem] = getattr(module, d["class"])
    return cls(cls.Parameters(**d["parameters"]), d["workload_file"])


if __name__ == "__main__":
    print(problem_digest(_problem(sys.argv[1])))

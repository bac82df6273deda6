"""How to look: the loop, who proposes, and the public Python API.

    import evolve
    from evaluators.registry import ProblemSpec

    found = evolve.run(evolve.Settings(ProblemSpec("expert_placement"), evaluations=400, seed=1))
    for entry in found.front():
        print(entry.number, entry.values["selection"])

Names are imported when they are first used: `adrs --help` pays for none of them.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evolve.comparing import compare, compare_runs
    from evolve.confirming import confirm
    from evolve.rescoring import rescore
    from evolve.runs import Run, open_run
    from evolve.search import evaluate, resume, run
    from evolve.settings import Settings

__all__ = [
    "Run", "Settings", "compare", "compare_runs", "confirm", "evaluate", "open_run",
    "rescore", "resume", "run",
]  # fmt: skip

_HOME = {
    "Run": "evolve.runs",
    "Settings": "evolve.settings",
    "compare": "evolve.comparing",
    "compare_runs": "evolve.comparing",
    "confirm": "evolve.confirming",
    "evaluate": "evolve.search",
    "open_run": "evolve.runs",
    "rescore": "evolve.rescoring",
    "resume": "evolve.search",
    "run": "evolve.search",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'evolve' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)

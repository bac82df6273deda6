"""python -m evaluators.engines.gpu.measure PROBLEM --device cuda:0 ...

Measures a problem's policies on a device and sets them beside the simulator's. Runs from a checkout
where there are the standard library, numpy and PyTorch, and nothing else.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

from evaluators.errors import UsageError, nearest_hint

# Problem -> the module whose `main` takes the other words and gives an exit code, or None for 0.
MEASURES = {
    "expert_placement": "evaluators.engines.gpu.measure_placement",
    "request_scheduling": "evaluators.problems.request_scheduling.against_simulator",
}


def main(arguments: Sequence[str]) -> int:
    """Exit status: that of the measurement, or 2 with what the user can mend."""
    name, *others = arguments or ("",)
    try:
        if name not in MEASURES:
            raise UsageError(f"no measurement of {name!r}", nearest_hint(name, MEASURES))
        return importlib.import_module(MEASURES[name]).main(others) or 0
    except UsageError as error:
        print(error.message, error.hint, sep="\n", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

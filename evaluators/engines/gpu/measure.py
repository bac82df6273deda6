"""Measures a problem's model on a device: `python -m evaluators.engines.gpu.measure PROBLEM ...`.

Runs from a checkout where there are the standard library, numpy and PyTorch, and nothing else.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping, Sequence

from evaluators.errors import UsageError, nearest_hint

# Problem -> the module whose `main(words)` measures it; its --help says what it takes.
MEASURED: Mapping[str, str] = {
    "expert_placement": "evaluators.engines.gpu.measure_placement",
}


def main(words: Sequence[str] | None = None) -> int:
    """Measure the problem that the first word names; an exit code, 2 for what the user can mend."""
    name, *rest = [*(sys.argv[1:] if words is None else words), ""]
    try:
        if name not in MEASURED:
            raise UsageError(f"nothing measures {name!r}", nearest_hint(name, MEASURED))
        code: int = importlib.import_module(MEASURED[name]).main(rest[:-1])
    except UsageError as error:
        print(f"measure: {error.message}\nhint: {error.hint}", file=sys.stderr)
        return 2
    return code


if __name__ == "__main__":
    sys.exit(main())

"""Tells a user whose own folder has the name of one of our packages. Standard library only."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

OUR_ROOT = Path(__file__).resolve().parents[2]


def refuse_shadows() -> None:
    """Exit with code 2 when `evaluators` or `archive` would be imported from elsewhere."""
    for name in ("evaluators", "archive"):
        found = _folder_of(name)
        if found != OUR_ROOT / name:
            print(f"adrs: {found} hides the package {name!r} of adrs", file=sys.stderr)
            print(
                "hint: rename it, start from another folder, or take it off PYTHONPATH",
                file=sys.stderr,
            )
            sys.exit(2)


def _folder_of(package: str) -> Path | None:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return Path(spec.origin) if spec and spec.origin else None
    return Path(next(iter(spec.submodule_search_locations))).resolve()

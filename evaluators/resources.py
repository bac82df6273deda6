"""Where shipped prompts and seeds lie: beside the packages in a checkout, inside in a wheel."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).resolve().parent


def resource(folder: str) -> Path:
    """The folder `prompts` or `seeds`."""
    shipped = _HERE / "_data" / folder
    return shipped if shipped.is_dir() else _HERE.parent / folder

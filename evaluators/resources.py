"""Where things of ours lie: shipped prompts and seeds, and what is kept on this machine.

Prompts and seeds are beside the packages in a checkout, inside them in a wheel.
"""

from __future__ import annotations

import os
from pathlib import Path

from evaluators.contract import Policy
from evaluators.errors import UsageError

_HERE = Path(__file__).resolve().parent


def resource(folder: str) -> Path:
    """The folder `prompts` or `seeds`."""
    shipped = _HERE / "_data" / folder
    return shipped if shipped.is_dir() else _HERE.parent / folder


def statement(problem: str) -> str:
    """What a proposer is told about a problem of ours."""
    return (resource("prompts") / "problems" / f"{problem}.md").read_text("utf-8")


def seed_policies(problem: str) -> dict[str, Policy]:
    """The published policies of a problem of ours, by name, sorted."""
    files = sorted((resource("seeds") / problem).glob("*.py"))
    return {f.stem: Policy(f.stem, f.read_text("utf-8")) for f in files}


def state_folder() -> Path:
    """Where programs keep what they need again, on this machine: $XDG_STATE_HOME/adrs, by default
    ~/.local/state/adrs. Raises UsageError.
    """
    state = os.environ.get("XDG_STATE_HOME")
    try:
        return Path(state or "~/.local/state").expanduser() / "adrs"
    except RuntimeError as error:
        raise UsageError(
            "there is no home folder to keep things in", "set XDG_STATE_HOME to a folder of yours"
        ) from error

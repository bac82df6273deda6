"""Names of runs: folders' names, and parts of ids, everywhere."""

from __future__ import annotations

import re
from collections.abc import Iterable

from evaluators.errors import UsageError, nearest_hint

MOST_CHARACTERS = 200  # of the 255 that a file may have: the folder is made under a longer one
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def is_name(name: str) -> bool:
    """Whether it may be the name of a run, but for its length."""
    return _NAME.fullmatch(name) is not None


def checked_name(name: str) -> str:
    """The name. Raises UsageError when it is none for a run."""
    if not is_name(name):
        raise UsageError(f"{name!r} is no name for a run", "use letters, digits, '.', '_' and '-'")
    if len(name) > MOST_CHARACTERS:
        raise UsageError(
            f"a run's name of {len(name)} characters", f"use at most {MOST_CHARACTERS}"
        )
    return name


def no_run(name: str, place: str, known: Iterable[str]) -> UsageError:
    """What is said of a name that no run has."""
    return UsageError(f"no run {name!r} in {place}", nearest_hint(name, known))


class BeingWrittenError(UsageError):
    """Somebody else writes the run."""


def being_written(name: str, holder: str) -> BeingWrittenError:
    """What is said to the second writer."""
    return BeingWrittenError(
        f"run {name!r} is being written by {holder}",
        "wait for it, or stop it; reading (front, show, status) works meanwhile",
    )

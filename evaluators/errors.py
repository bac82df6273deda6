"""The faults of this project, kept apart by whose they are.

    AdrsError
    ├── UsageError        the user's: printed as two lines with a hint, exit code 2
    └── InvalidAction     a candidate's: a problem refuses an action, it becomes a `Failure`

Everything else is ours and ends in a traceback. A candidate's other faults are `Failure` values
from the start (`evaluators.contract.Failure`); they are never exceptions.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class AdrsError(Exception):
    """The root of this project's exceptions."""


class UsageError(AdrsError):
    """What the user can mend: `message` says what is wrong, `hint` what to do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class InvalidAction(AdrsError):
    """An action that breaks the problem's rules; the message is written for who must mend it."""


def nearest_hint(name: str, known: Iterable[str]) -> str:
    """A hint that names the known name nearest to `name`, or else all of them."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"known: {', '.join(names)}" if names else "none is known"

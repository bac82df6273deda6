"""Files and folders that the user has named for us to write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from evaluators.errors import UsageError


@contextmanager
def writing(path: str | Path, hint: str = "give a file that can be written") -> Iterator[None]:
    """Raises UsageError where what is done within cannot write this path."""
    try:
        yield
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", hint) from error


def check_new(path: str | Path, hint: str = "give another name") -> None:
    """Raises UsageError when something is there, or when that cannot be found out."""
    with writing(path, hint):
        if Path(path).exists():
            raise UsageError(f"{path} is there already", hint)

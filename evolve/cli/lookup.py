"""From `RUN/N` to a run and its entry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evaluators.errors import UsageError

if TYPE_CHECKING:
    from archive.entry import Entry
    from evolve.run import Run


def find_entry(archive: str, reference: str) -> tuple[Run, Entry]:
    """The run and the entry. Raises UsageError."""
    from evolve.run import open_run

    name, slash, number = reference.rpartition("/")
    if not slash:
        raise UsageError(f"{reference!r} is no entry id", "write RUN/N, as `adrs front` shows them")
    run = open_run(archive, name)
    return run, run.entry(number)

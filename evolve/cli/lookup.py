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
    if not slash or not number.isdecimal():
        raise UsageError(f"{reference!r} is no entry id", "write RUN/N, as `adrs front` shows them")
    run = open_run(archive, name)
    entries = {e.number: e for e in run.entries()}
    if int(number) not in entries:
        raise UsageError(f"no entry {number} in {name}", f"it has 1 to {max(entries, default=0)}")
    return run, entries[int(number)]

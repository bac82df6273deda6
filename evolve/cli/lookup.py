"""From an entry's id to its run and itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archive.entry import Entry
    from evolve.runs import Run


def find_entry(archive: str, reference: str) -> tuple[Run, Entry]:
    """The run and the entry behind `RUN/N` or a digest's first digits. Raises UsageError."""
    from archive.library import Library
    from evolve.runs import open_run

    name, number = Library(archive).locate(reference)
    run = open_run(archive, name)
    return run, run.entry(number)

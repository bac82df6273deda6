"""Where journals are kept: what every store promises. `archive.testing.StoreContract` tests it."""

from __future__ import annotations

from typing import Protocol

from archive.entry import RunRecord
from archive.journal import Journal
from evaluators.errors import UsageError


class RunExistsError(UsageError):
    """A run of that name is there."""

    def __init__(self, name: str, place: str) -> None:
        super().__init__(
            f"run {name!r} exists in {place}",
            f"continue it with `adrs resume {name}`, or give another --name",
        )


class Store(Protocol):
    """A place of journals, one per run. Each promise of `Journal` holds in every store.

    Atomicity: a run is created, renamed and removed whole or not at all; a crash leaves no run
    that is there by half, at most some space that is not used. Ordering: names come sorted.
    Concurrency: any number of processes at once, on any number of machines where the store is a
    server; runs know nothing of each other. A run has one writer at a time, whose process and
    machine are named to whoever comes second, and whose end, however it ends, lets the next one
    in; it has readers at any time. Only a run without a writer is renamed or removed.
    What cannot be done for the user's reasons is a UsageError in two lines, and loses nothing.
    """

    @property
    def place(self) -> str:
        """What it is called, and found by again; a password is never part of it."""
        ...

    def names(self) -> list[str]:
        """The runs, sorted."""
        ...

    def create(self, record: RunRecord) -> Journal:
        """A new run's journal, open for writing.

        Raises:
            RunExistsError: the name is taken.
            UsageError: the name is none for a run, or the store cannot be written.
        """
        ...

    def open(self, name: str, write: bool = False) -> Journal:
        """An existing run's journal, to read, or to write as the only one.

        Raises:
            UsageError: no such run, somebody else writes, a newer schema, damage, a store that is
                locked, away or read-only.
        """
        ...

    def open_aside(self, name: str) -> Journal:
        """An existing run's journal to leave messages in, whoever writes it. Raises as `open`."""
        ...

    def is_being_written(self, name: str) -> bool:
        """Whether a writer holds the run at this moment."""
        ...

    def size_bytes(self, name: str) -> int:
        """What the run takes up."""
        ...

    def rename(self, old: str, new: str) -> None:
        """Give a run another name. Raises UsageError as `create` and `open` do."""
        ...

    def remove(self, name: str) -> None:
        """Take a run away with all its rows. Raises UsageError as `open` does for writing."""
        ...

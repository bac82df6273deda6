"""An archive as the screens open it: every look opens what it reads and closes it again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

from archive.journal import Journal
from archive.library import Library, RunStatus
from archive.store.places import store_at
from evaluators.errors import UsageError

Now = Callable[[], datetime]


class Shelf:
    """The runs of one archive. No journal stays open between looks: a run may be removed, renamed
    or resumed meanwhile, and any thread may look.
    """

    def __init__(self, archive: str, now: Now = lambda: datetime.now(UTC)) -> None:
        self._archive = archive
        self._store = store_at(archive)
        self.place = self._store.place
        self._now = now

    def runs(self) -> tuple[list[RunStatus], list[UsageError]]:
        """Every run that can be read, the latest first, and what is wrong with the others."""
        found, damaged = Library(self._archive).statuses()
        return sorted(found, key=lambda run: run.started_at, reverse=True), damaged

    def open(self, run: str) -> closing[Journal]:
        """A run's journal, closed at the end of a `with`. Raises UsageError."""
        return closing(self._store.open(run))

    def is_live(self, run: str) -> bool:
        """Whether somebody writes it at this moment."""
        return self._store.is_being_written(run)

    def say(self, run: str, kind: str, content: dict[str, Any]) -> None:
        """Leave a message in a run's journal, whoever writes it. Raises UsageError."""
        with closing(self._store.open_aside(run)) as journal:
            journal.add_message(kind, content, self._now().isoformat())

"""The journal on a server, which may go away: what is added then is kept on this machine's disk."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import cached_property

from sqlalchemy.exc import IntegrityError

from archive.entry import Message
from archive.journal import JournalConflictError
from archive.store.attempts import Attempts
from archive.store.database import T, Work
from archive.store.postgres import PostgresDatabase
from archive.store.server_faults import AwayError
from archive.store.spool import Spool, Spools, spool_folder
from archive.store.sql import SqlJournal
from archive.store.texts import add_lines
from evaluators.errors import UsageError

_LOOK_S = 0.2  # how often who waits for a server is told, and may give up
Tell = Callable[[str], None]


class ServerJournal(SqlJournal):
    """Rows go to the server, or all of them to the spool: from the first that the server did not
    take, until all that are there have been handed over in order.
    """

    def __init__(self, server: PostgresDatabase, name: str, spools: Spools) -> None:
        self._server = server
        self._spools = spools
        self._tell: Tell | None = None
        self._attempts: Attempts | None = None  # while the server is away
        self._spool: Spool | None = None
        super().__init__(server, name)

    @cached_property
    def _at_once(self) -> SqlJournal:
        """The same rows; whoever asks for them waits for nothing."""
        return SqlJournal(self._server, self.record.name)

    def close(self) -> None:
        """Give all back; what the spool holds is handed over by the run's next writer."""
        if self._attempts is not None:
            self._attempts.end()
        if self._spool is not None:
            self._spool.close()
        super().close()

    def when_away(self, tell: Tell) -> None:
        self._tell = tell

    def catch_up(self) -> bool:
        if self._attempts is not None and not self._is_back():
            return False
        try:
            if self._spool is not None:
                self.hand_over(self._spool)
                self._spool = None
        except AwayError as error:
            self._lose(error)
        return self._attempts is None

    def hand_over(self, spool: Spool) -> None:
        """Add all that is in a spool, and remove it.

        Raises:
            UsageError: the run has gone on otherwise, or was put back to what it was before. Then
                nothing is added, and the spool is kept.
        """
        try:
            add_lines(self._at_once, spool.rows())
        except (JournalConflictError, IntegrityError) as error:
            spool.refuse()
            raise _does_not_fit(self.record.name, spool) from error
        spool.remove()

    def messages(self, after: int = 0) -> Sequence[Message]:
        """Nobody waits for these: whoever asks will ask again."""
        if self._tell is None:
            return super().messages(after)
        if self._attempts is None:
            try:
                return self._at_once.messages(after)
            except AwayError as error:
                self._lose(error)
        return []

    def _is_back(self) -> bool:
        assert self._attempts is not None
        assert self._tell is not None
        self._tell(
            f"{self._server.place} is away ({self._attempts.reason}): waiting for it; "
            f"what is finished is kept in {spool_folder()}"
        )
        session = self._attempts.session()
        if session is None:
            return False
        self._attempts = None
        self._server.go_on(session)
        return True

    def _read(self, work: Work[T]) -> T:
        return self._patiently(lambda: super(ServerJournal, self)._read(work))

    def _write(self, work: Work[T]) -> T:
        return self._patiently(lambda: super(ServerJournal, self)._write(work))

    def _keep(self, work: Work[object], line: Callable[[], str]) -> None:
        if self._attempts is not None or self._spool is not None:
            self._put_by(line())
            return
        try:
            super()._keep(work, line)
        except AwayError as error:
            self._lose(error)
            self._put_by(line())
        except UsageError:  # a full disk, a lock: the run ends, and this row is finished work
            if self._tell is not None:
                self._put_by(line())
            raise

    def _put_by(self, line: str) -> None:
        if self._spool is None:
            self._spool = self._spools.begin()
        self._spool.append(line)

    def _patiently(self, act: Callable[[], T]) -> T:
        """What acts on the server, as soon as it can."""
        while True:
            while not self.catch_up():
                time.sleep(_LOOK_S)
            try:
                return act()
            except AwayError as error:
                self._lose(error)

    def _lose(self, error: AwayError) -> None:
        """Begin to wait. Raises the error where nobody would know."""
        if self._tell is None:
            raise error
        self._server.close()
        self._attempts = Attempts(self._server.reconnected, error.reason)


def _does_not_fit(name: str, spool: Spool) -> UsageError:
    return UsageError(
        f"what was finished here while its server was away does not fit run {name!r} any more: "
        f"it is kept in {spool.path}",
        "the run stands as its server has it, nothing was changed: resume it to go on from there",
    )

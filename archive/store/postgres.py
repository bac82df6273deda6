"""One run's rows in a PostgreSQL database that holds many, and its writer's lock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, Row

from archive.store.database import Database
from archive.store.names import being_written
from archive.store.server_faults import AwayError, server_faults

# Keys of advisory locks: "adrs", and the run's number; for what is appended, another first half.
_WRITER, _APPENDING = 0x61647273, 0x61647274
_TAKE = "SELECT pg_try_advisory_lock(%s, %s), pg_backend_pid()"
_TAKE_TURN = "SELECT pg_advisory_xact_lock(%s, %s)"
_HOLDER = """
    SELECT pid, application_name AS who,
           to_char(backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') AS since
    FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND granted AND classid = %s AND objid = %s AND objsubid = 2
      AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


class PostgresDatabase(Database):
    """A session. A writer's holds the run's advisory lock, which ends with it."""

    def __init__(
        self, engine: Engine, place: str, run: tuple[int, str], schema: int, write: bool
    ) -> None:
        """`run` is its number and name. Raises UsageError when somebody else writes it."""
        super().__init__()
        self.place = place
        self.run_id, self._name = run
        self.schema = schema
        self.is_writer = write
        self._engine = engine
        self._pid = 0  # of the server's process for the session
        with self._faults():
            self._connection = self.reconnected()

    def close(self) -> None:
        self._connection.close()

    def reconnected(self) -> Connection:
        """A new session; a writer's has the lock. From any thread.

        Raises:
            UsageError: somebody else writes the run; AwayError as long as the server believes in
                this run's last session.
        """
        connection = self._engine.connect()
        try:
            if self.is_writer:
                self._pid = lock_run(connection, self.run_id, self._name, self._pid)
        except BaseException:
            connection.close()
            raise
        return connection

    def go_on(self, connection: Connection) -> None:
        """Work in another session from now on."""
        self._connection = connection

    def take_turn(self, connection: Connection) -> None:
        connection.exec_driver_sql(_TAKE_TURN, (_APPENDING, self.run_id))

    @contextmanager
    def _begun(self, write: bool) -> Iterator[Connection]:
        level = "READ COMMITTED" if write else "REPEATABLE READ"
        self._connection.execution_options(isolation_level=level)
        with self._connection.begin():
            yield self._connection

    def _faults(self) -> AbstractContextManager[None]:
        return server_faults(self.place)


def lock_run(connection: Connection, run_id: int, name: str, lost_pid: int = 0) -> int:
    """Become the run's writer until the session ends; the number of the server's process for it.

    Raises:
        UsageError: somebody else is the writer, who is named; AwayError when that is the session
            of `lost_pid`, which has ended here.
    """
    with connection.begin():
        is_taken, pid = connection.exec_driver_sql(_TAKE, (_WRITER, run_id)).one()
        if is_taken:
            return int(pid)
        found = connection.exec_driver_sql(_HOLDER, (_WRITER, run_id)).first()
    if found and found.pid == lost_pid:
        raise AwayError(name, "the server has not noticed yet that its last session ended")
    raise being_written(name, _shown(found) if found else "another process")


def holder_of(connection: Connection, run_id: int) -> str | None:
    """Who writes a run, and since when; None when nobody does."""
    with connection.begin():
        found = connection.exec_driver_sql(_HOLDER, (_WRITER, run_id)).first()
    return _shown(found) if found else None


def _shown(holder: Row[Any]) -> str:
    since = f" since {holder.since} UTC" if holder.since else ""  # not shown of other users
    return f"{holder.who}{since}"

"""One run's rows in a PostgreSQL database that holds many: its writer's lock, and its patience."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import chain, repeat

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from archive.store.database import Database, T, Work
from archive.store.names import being_written
from archive.store.server_faults import is_away, reason_of, server_faults

# Keys of advisory locks: "adrs", and the run's number; for what is appended, another first half.
_WRITER, _APPENDING = 0x61647273, 0x61647274
_TAKE = "SELECT pg_try_advisory_lock(%s, %s)"
_TAKE_TURN = "SELECT pg_advisory_xact_lock(%s, %s)"
_HOLDER = """
    SELECT application_name, to_char(backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')
    FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND granted AND classid = %s AND objid = %s AND objsubid = 2
      AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
_LOOK_S = 0.2  # how often who waits for a server is told, and may give up
_PAUSES_S = (0.2, 0.5, 1.0, 2.0)  # between attempts to connect again; the last one for ever


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
        with self._faults():
            self._connection = self._connected()

    def close(self) -> None:
        self._connection.close()

    def take_turn(self, connection: Connection) -> None:
        connection.exec_driver_sql(_TAKE_TURN, (_APPENDING, self.run_id))

    def _transact(self, work: Work[T], write: bool) -> T:
        while True:
            try:
                with self._begun(write) as connection:
                    return work(connection)
            except DBAPIError as error:
                if self._tell is None or not is_away(error):
                    with self._faults():
                        raise
                self._wait(error)

    @contextmanager
    def _begun(self, write: bool) -> Iterator[Connection]:
        level = "READ COMMITTED" if write else "REPEATABLE READ"
        self._connection.execution_options(isolation_level=level)
        with self._connection.begin():
            yield self._connection

    def _faults(self) -> AbstractContextManager[None]:
        return server_faults(self.place)

    def _connected(self) -> Connection:
        """A new session; a writer's has the lock."""
        connection = self._engine.connect()
        try:
            if self.is_writer:
                lock_run(connection, self.run_id, self._name)
        except BaseException:
            connection.close()
            raise
        return connection

    def _wait(self, error: DBAPIError) -> None:
        """Until there is a session again. Raises what `tell` raises, and when the lock is gone."""
        self._connection.close()
        for pause_s in chain(_PAUSES_S, repeat(_PAUSES_S[-1])):
            self._pause(pause_s, f"{self.place} is away ({reason_of(error)}): waiting for it")
            try:
                self._connection = self._connected()
            except DBAPIError as latest:
                error = latest
            else:
                return

    def _pause(self, pause_s: float, reason: str) -> None:
        assert self._tell is not None
        until = time.monotonic() + pause_s
        while (left_s := until - time.monotonic()) > 0:
            self._tell(reason)
            time.sleep(min(_LOOK_S, left_s))


def lock_run(connection: Connection, run_id: int, name: str) -> None:
    """Become the run's writer until the session ends. Raises UsageError that names who is it."""
    with connection.begin():
        if connection.exec_driver_sql(_TAKE, (_WRITER, run_id)).scalar_one():
            return
    raise being_written(name, holder_of(connection, run_id) or "another process")


def holder_of(connection: Connection, run_id: int) -> str | None:
    """Who writes a run, and since when; None when nobody does."""
    with connection.begin():
        found = connection.exec_driver_sql(_HOLDER, (_WRITER, run_id)).first()
    if found is None:
        return None
    who, since = found
    return f"{who} since {since} UTC" if since else str(who)  # other users' times are not shown

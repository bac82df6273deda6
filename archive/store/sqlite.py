"""A run in an SQLite database of its own.

Write-ahead log with a full sync at every commit: what returned survives kill -9 and a power cut.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Literal

from sqlalchemy import Connection, create_engine, insert
from sqlalchemy.pool import StaticPool

from archive.entry import RunRecord
from archive.store.database import Database
from archive.store.faults import storage_faults
from archive.store.lock import WriterLock
from archive.store.models import RUN_ID, RunRow
from archive.store.rows import run_row
from archive.store.schema import check_schema, create_schema, upgrade_schema
from evaluators.errors import UsageError

BUSY_TIMEOUT_S = 5.0  # how long another program may hold the database before we say so
Mode = Literal["ro", "rw", "rwc"]  # as SQLite names them: read, write, create


class SqliteDatabase(Database):
    """A file. `lock` makes this the run's writer, and is released by `close`."""

    run_id = RUN_ID

    def __init__(self, path: Path, lock: WriterLock | None, *, aside: bool = False) -> None:
        """Open an existing database; `aside`: to leave messages, whoever holds the lock."""
        super().__init__()
        self.place = str(path)
        self._path = path
        self._lock = lock
        self.is_writer = lock is not None
        writes = aside or self.is_writer
        self._connection = connect(path, "rw" if writes else "ro")
        self.schema = self._transact(lambda c: _opened(c, self.place, writes), writes)

    def close(self) -> None:
        self._connection.close()
        self._connection.engine.dispose()
        if self._lock is not None:
            self._lock.release()

    def take_turn(self, connection: Connection) -> None:
        """Nothing to do: beginning has waited."""

    @contextmanager
    def _begun(self, write: bool) -> Iterator[Connection]:
        with self._connection.begin():
            begin(self._connection, write)
            yield self._connection

    def _faults(self) -> AbstractContextManager[None]:
        return storage_faults(self._path)


def create_database(path: Path, record: RunRecord) -> None:
    """A new database with its schema and the run's row."""
    connection = connect(path, "rwc")
    try:
        connection.exec_driver_sql("PRAGMA journal_mode = WAL")
        connection.rollback()
        with connection.begin():
            begin(connection, write=True)
            create_schema(connection)
            connection.execute(insert(RunRow), {"id": RUN_ID, **run_row(record)})
    finally:
        connection.close()
        connection.engine.dispose()


def begin(connection: Connection, write: bool) -> None:
    """Begin at once what SQLite's driver would begin at the first change only.

    A reader sees one moment; a writer waits for another one here, where waiting is possible.
    """
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def connect(path: Path, mode: Mode) -> Connection:
    """A connection that syncs at every commit. Raises UsageError when it cannot be had."""

    def open_database() -> sqlite3.Connection:
        uri = f"{path.resolve().as_uri()}?{options}"
        connection = sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None)
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")
        return connection

    options = f"mode={mode}" if _can_share(path, mode) else "immutable=1"
    with storage_faults(path):
        return create_engine("sqlite://", creator=open_database, poolclass=StaticPool).connect()


def _can_share(path: Path, mode: Mode) -> bool:
    """Whether the log's shared index can be made; where it cannot, nobody writes either."""
    has_log = path.with_name(path.name + "-wal").exists()
    return mode != "ro" or has_log or os.access(path.parent, os.W_OK)


def _opened(connection: Connection, place: str, write: bool) -> int:
    """The schema's version; a writer brings an older one up to date."""
    version = check_schema(connection, place)
    if version < 1:
        raise UsageError(f"{place} is no journal of adrs", "give the folder of a run")
    return upgrade_schema(connection, version) if write else version

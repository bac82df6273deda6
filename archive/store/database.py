"""A SQLite database as a journal wants it: made, opened, and its schema's version checked."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Literal

from sqlalchemy import Connection, create_engine, insert
from sqlalchemy.pool import StaticPool

from archive.entry import RunRecord
from archive.store.codec import to_json
from archive.store.faults import storage_faults
from archive.store.models import RUN_ID, SCHEMA_VERSION, Base, RunRow
from evaluators.errors import UsageError

BUSY_TIMEOUT_S = 5.0  # how long another program may hold the database before we say so
Mode = Literal["ro", "rw", "rwc"]  # as SQLite names them: read, write, create


def create_database(database: Path, record: RunRecord) -> None:
    """A new database with its schema and the run's row."""
    row = {
        "id": RUN_ID,
        "name": record.name,
        "configuration": to_json(dict(record.configuration)),
        "versions": to_json(dict(record.versions)),
        "started_at": record.started_at,
    }
    connection = connect(database, "rwc")
    try:
        with connection.begin():
            connection.exec_driver_sql("PRAGMA journal_mode = WAL")
            connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA_VERSION}")
            Base.metadata.create_all(connection)
            connection.execute(insert(RunRow), row)
    finally:
        connection.close()
        connection.engine.dispose()


def connect(database: Path, mode: Mode) -> Connection:
    """A connection that syncs at every commit. Raises UsageError when it cannot be had."""

    def open_database() -> sqlite3.Connection:
        uri = f"{database.resolve().as_uri()}?{options}"
        connection = sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_S)
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")
        return connection

    options = f"mode={mode}" if _can_share(database, mode) else "immutable=1"
    with storage_faults(database):
        return create_engine("sqlite://", creator=open_database, poolclass=StaticPool).connect()


def _can_share(database: Path, mode: Mode) -> bool:
    """Whether the log's shared index can be made; where it cannot, nobody writes either."""
    has_log = database.with_name(database.name + "-wal").exists()
    return mode != "ro" or has_log or os.access(database.parent, os.W_OK)


def upgraded(connection: Connection, database: Path, write: bool) -> int:
    """The schema's version; a writer gives an older journal the tables that it lacks.

    Raises:
        UsageError: a schema that is newer than this program, or no journal at all.
    """
    version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    if version > SCHEMA_VERSION:
        raise UsageError(
            f"{database} has schema {version}, this version of adrs reads up to {SCHEMA_VERSION}",
            "update it: pip install --upgrade adrs",
        )
    if version < 1:
        raise UsageError(f"{database} is no journal of adrs", "give the folder of a run")
    if version < SCHEMA_VERSION and write:
        Base.metadata.create_all(connection)
        connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA_VERSION}")
        return SCHEMA_VERSION
    return int(version)

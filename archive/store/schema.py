"""Which schema a database has, and how it gets the present one.

A new database gets its tables at once; an older one is brought up to date by the revisions in
`migrations/`. PostgreSQL's number stands in alembic's own table, SQLite's in the file's header
too (`user_version`), where journals older than the revisions have it.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Column, Connection, MetaData, String, Table, insert, inspect, select

from archive.store.models import SCHEMA_VERSION, Base
from evaluators.errors import UsageError

_MIGRATIONS = Path(__file__).parent / "migrations"
_VERSION = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))


def schema_of(connection: Connection) -> int:
    """The number of its schema; 0 where there is none."""
    if connection.dialect.name == "sqlite":
        return int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
    if not inspect(connection).has_table(_VERSION.name):
        return 0
    return int(connection.execute(select(_VERSION.c.version_num)).scalar_one())


def check_schema(connection: Connection, place: str) -> int:
    """The number of its schema. Raises UsageError when it is newer than this program."""
    version = schema_of(connection)
    if version > SCHEMA_VERSION:
        raise UsageError(
            f"{place} has schema {version}, this version of adrs reads up to {SCHEMA_VERSION}",
            "update it: pip install --upgrade adrs",
        )
    return version


def create_schema(connection: Connection) -> None:
    """All tables, in the transaction that is open."""
    Base.metadata.create_all(connection)
    _VERSION.create(connection)
    connection.execute(insert(_VERSION), {"version_num": str(SCHEMA_VERSION)})
    _number_file(connection)


def upgrade_schema(connection: Connection, version: int) -> int:
    """Bring a schema up to date, in the transaction that is open; its number then."""
    if version == SCHEMA_VERSION:
        return version
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    if version and not inspect(connection).has_table(_VERSION.name):
        command.stamp(config, str(version))
    command.upgrade(config, "head")
    _number_file(connection)
    return SCHEMA_VERSION


def _number_file(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA_VERSION}")

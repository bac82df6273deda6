"""Rows are added once: the same row again changes nothing, another one under its key is refused."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any

from sqlalchemy import Connection, Insert, Row, RowMapping, Table, select

from archive.journal import JournalConflictError
from archive.store.codec import unpack
from archive.store.models import Base


def add(
    connection: Connection, model: type[Base], row: Mapping[str, Any], key: tuple[str, ...]
) -> Row[Any] | None:
    """The new row's primary key; None when exactly this row was there.

    Raises:
        JournalConflictError: another row has its `key`.
    """
    table = table_of(model)
    new = connection.execute(_adding(model, connection.dialect.name), row).first()
    if new is None:
        stored = _row_like(connection, table, {name: row[name] for name in key})
        if stored is None or any(_plain(stored[n]) != _plain(v) for n, v in row.items()):
            raise conflict(model, row, key)
    return new


def append(
    connection: Connection, model: type[Base], row: Mapping[str, Any], is_repeated: bool
) -> int:
    """The id of a row that is like no other by itself; of the one that is there, if repeated."""
    table = table_of(model)
    stored = _row_like(connection, table, row) if is_repeated else None
    if stored is not None:
        return int(stored["id"])
    return int(connection.execute(table.insert().returning(table.c.id), row).scalar_one())


def conflict(
    model: type[Base], row: Mapping[str, Any], key: tuple[str, ...]
) -> JournalConflictError:
    """Another row is there."""
    shown = {name: row[name] for name in key if name != "run_id"}
    return JournalConflictError(f"{model.__tablename__} {shown} is there with another content")


def table_of(model: type[Base]) -> Table:
    """The table that a model declares."""
    return Base.metadata.tables[model.__tablename__]


@cache
def _adding(model: type[Base], dialect: str) -> Insert:
    table = table_of(model)
    insert = import_module(f"sqlalchemy.dialects.{dialect}").insert  # that one alone is loaded
    adding: Insert = insert(table).on_conflict_do_nothing().returning(*table.primary_key)
    return adding


def _row_like(
    connection: Connection, table: Table, columns: Mapping[str, Any]
) -> RowMapping | None:
    alike = (table.c[name] == value for name, value in columns.items())
    query = select(table).where(*alike).limit(1)
    return connection.execute(query).mappings().one_or_none()


def _plain(value: Any) -> Any:
    """A column's value in a form that is equal where the content is."""
    if isinstance(value, bytes):
        return unpack(value)  # another zlib may compress otherwise
    return repr(value) if isinstance(value, float) else value

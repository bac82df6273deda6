"""A PostgreSQL database of runs: many of them, written by many processes and machines at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from sqlalchemy import Connection, Engine, create_engine, delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import NullPool

from archive.entry import RunRecord
from archive.store.address import conninfo, shown
from archive.store.lock import this_process
from archive.store.models import SCHEMA_VERSION, Base, EvaluationRow, RunRow, ValueRow
from archive.store.names import checked_name, no_run
from archive.store.postgres import PostgresDatabase, holder_of, lock_run
from archive.store.rows import run_row
from archive.store.schema import check_schema, create_schema, upgrade_schema
from archive.store.server_faults import server_faults
from archive.store.server_journal import ServerJournal
from archive.store.spool import Spool, Spools
from archive.store.store import RunExistsError
from evaluators.errors import UsageError

_APPLICATION_BYTES = 63  # PostgreSQL cuts off the rest
_MIGRATING = 0x61647272  # the advisory lock under which tables are made or changed


class ServerStore:
    """`archive.store.store.Store` in a database. Sessions must be the client's own: a pooler that
    hands them round (PgBouncer's transaction mode) breaks the writer's lock.
    """

    def __init__(self, url: str) -> None:
        """Connects to nothing yet. Raises UsageError."""
        self._engine = _engine(url)
        self.place = shown(url)

    def names(self) -> list[str]:
        with self._connected() as connection:
            return _names(connection) if check_schema(connection, self.place) else []

    def create(self, record: RunRecord) -> ServerJournal:
        checked_name(record.name)
        with self._connected() as connection:
            self._migrate(connection)
            statement = insert(RunRow).on_conflict_do_nothing().returning(RunRow.id)
            if connection.execute(statement, run_row(record)).first() is None:
                raise RunExistsError(record.name, self.place)
        return self.open(record.name, write=True)

    def open(self, name: str, write: bool = False) -> ServerJournal:
        return self._opened(name, migrate=write, write=write)

    def open_aside(self, name: str) -> ServerJournal:
        return self._opened(name, migrate=True, write=False)

    def is_being_written(self, name: str) -> bool:
        with self._connected() as connection:
            run_id = self._run_id(connection, name)
        with server_faults(self.place), self._engine.connect() as connection:
            return holder_of(connection, run_id) is not None

    def size_bytes(self, name: str) -> int:
        with self._connected() as connection:
            return _size_bytes(connection, self._run_id(connection, name))

    def rename(self, old: str, new: str) -> None:
        checked_name(new)
        with self._unwritten(old) as (connection, run_id):
            try:
                connection.execute(update(RunRow).where(RunRow.id == run_id).values(name=new))
            except IntegrityError as error:
                raise RunExistsError(new, self.place) from error

    def remove(self, name: str) -> None:
        with self._unwritten(name) as (connection, run_id):
            of_run = select(EvaluationRow.id).where(EvaluationRow.run_id == run_id)
            connection.execute(delete(ValueRow).where(ValueRow.evaluation_id.in_(of_run)))
            for table in reversed(Base.metadata.sorted_tables):
                if "run_id" in table.c:
                    connection.execute(delete(table).where(table.c.run_id == run_id))
            connection.execute(delete(RunRow).where(RunRow.id == run_id))

    def _opened(self, name: str, migrate: bool, write: bool) -> ServerJournal:
        with self._connected() as connection:
            run_id = self._run_id(connection, name)
            schema = self._migrate(connection) if migrate else check_schema(connection, self.place)
            started_at = select(RunRow.started_at).where(RunRow.id == run_id)
            spools = Spools(self.place, name, run_id, connection.execute(started_at).scalar_one())
        spools_left = spools.left() if write else nullcontext(list[Spool]())
        with spools_left as left:
            database = PostgresDatabase(self._engine, self.place, (run_id, name), schema, write)
            try:
                journal = ServerJournal(database, name, spools)
                for spool in left:
                    journal.hand_over(spool)
            except BaseException:
                database.close()
                raise
        return journal

    def _run_id(self, connection: Connection, name: str) -> int:
        known = check_schema(connection, self.place) > 0
        query = select(RunRow.id).where(RunRow.name == checked_name(name))
        found = connection.execute(query).scalar_one_or_none() if known else None
        if found is None:
            raise no_run(name, self.place, _names(connection) if known else [])
        return found

    def _migrate(self, connection: Connection) -> int:
        """Make the tables, or bring them up to date; several may want to at once."""
        version = check_schema(connection, self.place)
        if version == SCHEMA_VERSION:
            return version
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (_MIGRATING,))
        version = check_schema(connection, self.place)
        if version:
            return upgrade_schema(connection, version)
        create_schema(connection)
        return SCHEMA_VERSION

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        """A session with a transaction."""
        with server_faults(self.place), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _unwritten(self, name: str) -> Iterator[tuple[Connection, int]]:
        """A session, and the number of a run that nobody writes meanwhile."""
        with self._connected() as connection:
            run_id = self._run_id(connection, name)
        with server_faults(self.place), self._engine.connect() as connection:
            lock_run(connection, run_id, name)
            with connection.begin():
                yield connection, run_id


def _engine(url: str) -> Engine:
    """Opens sessions with what the client library makes of a URL."""
    try:
        import psycopg
    except ImportError as error:
        raise UsageError(
            "PostgreSQL needs a package that is not installed", "pip install 'adrs[postgres]'"
        ) from error
    application = f"adrs {this_process()}".encode()[:_APPLICATION_BYTES].decode(errors="ignore")
    connect_with = conninfo(url, application)
    return create_engine(
        "postgresql+psycopg://",
        creator=lambda: psycopg.connect(connect_with),
        poolclass=NullPool,
        use_native_hstore=False,
    )


def _names(connection: Connection) -> list[str]:
    return sorted(connection.execute(select(RunRow.name)).scalars())


def _size_bytes(connection: Connection, run_id: int) -> int:
    """What the run's rows take up, without indexes."""
    sizes = (
        f'SELECT pg_column_size(t.*) AS size FROM "{table.name}" t WHERE run_id = :run'
        for table in Base.metadata.sorted_tables
        if "run_id" in table.c
    )
    values = (
        "SELECT pg_column_size(v.*) FROM value v JOIN evaluation e ON e.id = v.evaluation_id"
        " WHERE e.run_id = :run"
    )
    rows = " UNION ALL ".join((*sizes, values))
    query = text(f"SELECT coalesce(sum(size), 0) FROM ({rows}) AS sizes")
    return int(connection.execute(query, {"run": run_id}).scalar_one())

"""What a disk or a database can do to a journal, said in two lines. Nothing is lost in any of it:
a transaction that failed has left no trace, and all earlier ones stand.
"""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from archive.store.models import Base
from evaluators.errors import UsageError

_PRIMARY = 0xFF  # SQLite's extended codes keep the primary one in the lowest byte


@contextmanager
def storage_faults(database: Path) -> Iterator[None]:
    """Turn faults of the storage into UsageErrors; everything else is ours and passes."""
    try:
        yield
    except DBAPIError as error:
        if not isinstance(error.orig, sqlite3.Error):
            raise
        raise usage_error(error.orig, database) from error
    except sqlite3.Error as error:
        raise usage_error(error, database) from error
    except OSError as error:
        raise _of_the_system(error, database) from error


def usage_error(error: sqlite3.Error, database: Path) -> BaseException:
    """The UsageError that says it, or the error itself when it is our fault."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & _PRIMARY
    match code:
        case sqlite3.SQLITE_FULL:
            return full(database)
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM | sqlite3.SQLITE_CANTOPEN:
            return _read_only(database)
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return locked(database)
        case sqlite3.SQLITE_IOERR:
            return UsageError(
                f"{database}: the disk fails ({error})", "all that was journalled before stands"
            )
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return _damaged(database)
        case sqlite3.SQLITE_ERROR if str(error).startswith(("no such table", "no such column")):
            return half_migrated(str(database), str(error))
        case _:
            return error


def full(place: Path | str) -> UsageError:
    """No space is left."""
    return UsageError(
        f"no space left on the disk of {place}",
        "all that was journalled before stands: free some space and resume the run",
    )


def locked(place: Path | str) -> UsageError:
    """Another program holds what is to be changed."""
    return UsageError(
        f"{place} is locked by another program",
        "close what has it open (a database browser, a backup) and resume the run",
    )


def half_migrated(place: Path | str, missing: str) -> UsageError:
    """The schema is not what its number says."""
    return UsageError(
        f"{place} is half migrated ({missing.splitlines()[0]})",
        "restore it from a copy: no version of adrs leaves it so, its tables were changed by hand",
    )


def damaged_row(place: str, row: str) -> UsageError:
    """One row's content cannot be read; said to who would write on."""
    return UsageError(
        f"{place}: {row} is damaged, so that the run cannot go on",
        "everything else can be read; start a new run with --from this one",
    )


def _read_only(place: Path) -> UsageError:
    return UsageError(
        f"{place} cannot be written", "give a folder of yours with --archive, or its permissions"
    )


def _of_the_system(error: OSError, place: Path) -> BaseException:
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT | errno.EFBIG:
            return full(place)
        case errno.ENAMETOOLONG | errno.ELOOP:
            return UsageError(f"{place}: {error.strerror}", "give another folder with --archive")
        case errno.EACCES | errno.EPERM | errno.EROFS | errno.ENOTDIR | errno.ENOENT:
            return _read_only(Path(error.filename or place))
        case _:
            return error


def _damaged(database: Path) -> UsageError:
    readable = salvageable(database)
    if not readable:
        return UsageError(
            f"{database} is damaged: it is no journal that can be read",
            "restore it from a copy; config.json beside it says how the run was started",
        )
    counts = ", ".join(f"{n} {table} rows" for table, n in readable.items() if n)
    return UsageError(
        f"{database} is damaged; still readable: {counts or 'no row'}",
        f"copy it first, then `sqlite3 {database.name} .recover` gives the readable rows",
    )


def salvageable(database: Path) -> dict[str, int]:
    """How many rows of each table can be read one by one, from the first to the damaged one."""
    connection = sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)
    try:
        return {t.name: _readable_rows(connection, t.name) for t in Base.metadata.sorted_tables}
    except sqlite3.DatabaseError:
        return {}  # not even its list of tables
    finally:
        connection.close()


def _readable_rows(connection: sqlite3.Connection, table: str) -> int:
    count = 0
    try:
        for _ in connection.execute(f'SELECT * FROM "{table}"'):
            count += 1
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) & _PRIMARY != sqlite3.SQLITE_CORRUPT:
            raise  # the file is no database, or has no such table
    return count

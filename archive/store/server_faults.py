"""What a database server can do to a journal, said in two lines. Nothing is lost in any of it:
a transaction that failed has left no trace, and all earlier ones stand.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, OperationalError

from archive.store.faults import full, half_migrated, locked
from evaluators.errors import UsageError

_AWAY = ("57P", "08")  # the classes of errors that end a session: shut down, connection lost
_AGAIN = "all that was journalled before stands: try again when it is back"
_ACCESS = "the password is read from PGPASSWORD or ~/.pgpass; ask its owner for what is missing"


class AwayError(UsageError):
    """The session is gone or was never there; another attempt may do what this one could not."""

    def __init__(self, place: str, reason: str, hint: str = "") -> None:
        said = "cannot be used" if hint else "is away"
        super().__init__(f"{place} {said}: {reason}", hint or _AGAIN)
        self.reason = reason


@contextmanager
def server_faults(place: str) -> Iterator[None]:
    """Turn faults of the server into UsageErrors; everything else is ours and passes."""
    try:
        yield
    except DBAPIError as error:
        raise usage_error(error, place) from error


def usage_error(error: DBAPIError, place: str) -> BaseException:
    """The UsageError that says it, or the error itself when it is our fault."""
    state = str(getattr(error.orig, "sqlstate", None) or "")
    match state:
        case "53100":
            return full(place)
        case "55P03":
            return locked(place)
        case "25006":
            return UsageError(f"{place} cannot be written", "it is a copy, or set to read-only")
        case "42501":
            return UsageError(f"{place}: {reason_of(error)}", _ACCESS)
        case "42P01" | "42703":
            return half_migrated(place, reason_of(error))
    if error.connection_invalidated or state.startswith(_AWAY):
        return AwayError(place, reason_of(error))
    if isinstance(error, OperationalError) and not state:
        return AwayError(place, reason_of(error), _hint(error))
    return error


def reason_of(error: DBAPIError) -> str:
    """What the server or the network says, in one line; it never holds a password."""
    lines = str(error.orig).strip().splitlines() or [type(error.orig).__name__]
    return lines[0].rpartition("FATAL:")[2].strip()


def _hint(error: DBAPIError) -> str:
    said = str(error.orig)
    if "password" in said or "authentication" in said or "pg_hba" in said:
        return _ACCESS
    if "FATAL:" in said:
        return "name a database and a user that are there: createdb and createuser make them"
    return "check host and port, and whether the server runs"

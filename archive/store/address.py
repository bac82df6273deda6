"""PostgreSQL's URLs: read as its own client library reads them, and shown without a password."""

from __future__ import annotations

from urllib.parse import unquote

from evaluators.errors import UsageError

FORM = "postgresql://user@host:port/database"
_SECRET = ("password", "sslpassword")
_HINT = (
    f"write {FORM}; a password stands in PGPASSWORD or ~/.pgpass, or has its @ / ? as %40 %2F %3F"
)
# How long the client believes in a server that does not answer.
_PATIENCE = {
    "connect_timeout": "10",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "60000",  # ms
    "client_encoding": "utf8",
}
# What a session asks of its server: a commit is on disk, and one whose machine is gone ends.
_OPTIONS = " ".join(
    f"-c {name}={value}"
    for name, value in {
        "synchronous_commit": "on",
        "lock_timeout": "10s",
        "tcp_keepalives_idle": 30,
        "tcp_keepalives_interval": 10,
        "tcp_keepalives_count": 3,
    }.items()
)


def shown(url: str) -> str:
    """A good URL without its password: it finds the same database when the password is known."""
    scheme, _, rest = url.partition("://")
    who, at, where = rest.rpartition("@")
    address, _, query = where.partition("?")
    kept = [p for p in query.split("&") if p and unquote(p.partition("=")[0]) not in _SECRET]
    options = f"?{'&'.join(kept)}" if kept else ""
    return f"{scheme}://{who.partition(':')[0]}{at}{address}{options}"


def conninfo(url: str, application: str) -> str:
    """What to connect with. Raises UsageError, which shows nothing of a URL that is none."""
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    who, _, where = url.partition("://")[2].partition("@")
    if "@" in where or (where and set("/?") & set(who)):
        raise UsageError("--archive is a URL with more than one meaning", _HINT)
    try:
        found = {k: str(v) for k, v in conninfo_to_dict(url).items()}
    except ProgrammingError:
        raise UsageError("--archive is no PostgreSQL URL", _HINT) from None
    found["options"] = f"{_OPTIONS} {found.get('options', '')}".strip()
    return make_conninfo(**{**_PATIENCE, **found, "application_name": application})

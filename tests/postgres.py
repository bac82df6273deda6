"""A PostgreSQL server of the tests' own: real, reached by a socket in its folder alone."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from archive.store.models import Base
from archive.store.places import store_at
from archive.testing import RECORD

OWNER = "adrs"  # the server's superuser
RUNS = "runs"  # the database of most tests
_DEADLINE_S = 60.0
# Everything is on disk before it is said to be; small, because several may run at once.
_SETTINGS = {
    "listen_addresses": "",
    "shared_buffers": "16MB",
    "max_connections": "40",
    "log_lock_waits": "on",
    "deadlock_timeout": "1s",
}
# Cleans up when its input ends: with the tests' process, however that ends.
_KEEPER = """
cat > /dev/null
pid=$(head -n 1 "$0/data/postmaster.pid" 2> /dev/null) && kill -QUIT "$pid" 2> /dev/null
for _ in $(seq 100); do kill -0 "$pid" 2> /dev/null || break; sleep 0.1; done
rm -rf "$0"
"""
_HBA = "local all locked scram-sha-256\nlocal all all trust\n"


def installed() -> Path | None:
    """The folder of the server's programs: on the path, or where a distribution keeps versions."""
    on_path = shutil.which("initdb")
    kept = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_version)
    found = [*([Path(on_path).resolve()] if on_path else []), *reversed(kept)]
    return found[0].parent if found else None


def _version(program: Path) -> float:
    return float(program.parts[-3])


class Server:
    """Started on construction; may be stopped, killed and started again."""

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self._user = _unprivileged() if os.geteuid() == 0 else None
        self.folder = Path(tempfile.mkdtemp(prefix="adrs-pg-"))
        self.data = self.folder / "data"
        self.log = self.folder / "log"
        self._process: subprocess.Popen[bytes] | None = None
        self._keeper = subprocess.Popen(
            ["sh", "-c", _KEEPER, str(self.folder)], stdin=subprocess.PIPE, start_new_session=True
        )
        if self._user:
            shutil.chown(self.folder, self._user)
        self.folder.chmod(0o755)
        words = ["--auth=trust", f"--username={OWNER}", "--locale=C", "--encoding=UTF8"]
        self._call("initdb", "-D", str(self.data), *words, "--no-sync", "--no-instructions")
        (self.data / "pg_hba.conf").write_text(_HBA)
        self.start()

    def url(self, database: str = "postgres", user: str = OWNER) -> str:
        return f"postgresql://{user}@/{database}?host={self.folder}"

    def start(self) -> None:
        """Start, and wait until it answers; what a killed one left may be in the way at first."""
        until = time.monotonic() + _DEADLINE_S
        while time.monotonic() < until:
            if self._process is None or self._process.poll() is not None:
                self._process = self._begin()
            try:
                psycopg.connect(self.url()).close()
            except psycopg.OperationalError:
                time.sleep(0.02)
            else:
                return
        raise AssertionError(self.log.read_text())

    def stop_at_once(self) -> None:
        """As `pg_ctl stop -m immediate` does: no session is asked, nothing is put in order."""
        self._end(signal.SIGQUIT)

    def kill(self) -> None:
        """kill -9 of the server's first process."""
        self._end(signal.SIGKILL)

    def close(self) -> None:
        self._end(signal.SIGQUIT)
        self._keeper.communicate(timeout=_DEADLINE_S)

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """What the superuser's statement gives."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            done = connection.execute(statement.encode())
            return done.fetchall() if done.description else []

    def emptied(self) -> str:
        """The URL of a database without runs; making one anew for each test takes long."""
        tables = reversed(Base.metadata.sorted_tables)
        self.execute("; ".join(f'DELETE FROM "{table.name}"' for table in tables), RUNS)
        return self.url(RUNS)

    @contextmanager
    def database(self, name: str, owner: str = OWNER) -> Iterator[str]:
        """The URL of an empty database, for a while."""
        self.execute(f"CREATE DATABASE {name} OWNER {owner}")
        yield self.url(name)
        self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _begin(self) -> subprocess.Popen[bytes]:
        settings = [f"-c{name}={value}" for name, value in _SETTINGS.items()]
        words = [str(self._programs / "postgres"), "-D", str(self.data), "-k", str(self.folder)]
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [*words, *settings], stdout=log, stderr=log, cwd=self.folder, **self._as_user()
            )

    def _end(self, how: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(how)
        self._process.wait(timeout=_DEADLINE_S)

    def _call(self, program: str, *words: str) -> None:
        subprocess.run(
            [str(self._programs / program), *words], check=True, capture_output=True,
            cwd=self.folder, **self._as_user(),
        )  # fmt: skip

    def _as_user(self) -> dict[str, Any]:
        if self._user is None:
            return {}
        group = pwd.getpwnam(self._user).pw_gid
        return {"user": self._user, "group": group, "extra_groups": []}


def _unprivileged() -> str:
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """One server for all tests of this process, started when the first one asks for it."""
    programs = installed()
    if programs is None:
        pytest.skip("needs PostgreSQL's server: initdb and postgres are not installed")
    server = Server(programs)
    try:
        _make_tables(server)
        yield server
    finally:
        server.close()


def _make_tables(server: Server) -> None:
    server.execute(f"CREATE DATABASE {RUNS}")
    store = store_at(server.url(RUNS))
    store.create(RECORD).close()
    store.remove(RECORD.name)

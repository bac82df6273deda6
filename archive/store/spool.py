"""Rows on this machine's disk while their server is away: a file of lines, in order.

    ["spool", {"place": PLACE, "run": NAME, "by": PROCESS}] [kind, row] ...

The lines are those of `archive.store.texts`. Who appends holds a lock on the file, so that nobody
else hands it over; a process that was killed holds none.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from archive.store.codec import to_json
from archive.store.faults import storage_faults
from archive.store.lock import is_locked, this_process
from archive.store.names import being_written
from archive.store.texts import line
from evaluators.resources import state_folder

_KEPT, _REFUSED = ".kept", ".refused"


class Spool:
    """One file, locked."""

    def __init__(self, path: Path) -> None:
        """Raises BlockingIOError when another process holds it."""
        self.path = path
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.close()
            raise

    def append(self, text: str) -> None:
        """Keep a line: when this returns, it is on the disk. Raises UsageError, and keeps nothing
        of it then.
        """
        with storage_faults(self.path):
            before_bytes = os.fstat(self._file).st_size
            try:
                _write(self._file, text.encode())
                os.fsync(self._file)
            except BaseException:
                os.ftruncate(self._file, before_bytes)
                raise

    def rows(self) -> list[str]:
        """The lines of the rows."""
        return whole_lines(self.path.read_bytes())[1:]

    def move(self, path: Path) -> None:
        """Call the file otherwise, whatever becomes of the machine."""
        self.path = self.path.rename(path)
        folder = os.open(path.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)

    def remove(self) -> None:
        """Take the file away."""
        self.path.unlink(missing_ok=True)
        self.close()

    def refuse(self) -> None:
        """Keep the file, under a name by which nobody hands it over."""
        name = self.path.name.partition(".")[0]
        self.move(_free(self.path.parent, name, _REFUSED))

    def close(self) -> None:
        """Give the lock back; a second time does nothing."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


class Spools:
    """Those of one run on this machine."""

    def __init__(self, place: str, name: str, run_id: int, started_at: str) -> None:
        """A run of another database has another `started_at`; the name may change meanwhile."""
        self._place, self._name = place, name
        which = to_json([place, run_id, started_at])
        self._key = hashlib.sha256(which.encode()).hexdigest()[:32]

    def begin(self) -> Spool:
        """A new one. Raises UsageError when the disk does not take it."""
        folder = spool_folder()
        name = f"{self._key}-{os.getpid()}"
        with storage_faults(folder):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft = folder / f".{name}"
            draft.unlink(missing_ok=True)
            draft.touch(mode=0o600)
            spool = Spool(draft)
            whose = {"place": self._place, "run": self._name, "by": this_process()}
            spool.append(line("spool", whose))
            spool.move(_free(folder, name, _KEPT))
        return spool

    @contextmanager
    def left(self) -> Iterator[list[Spool]]:
        """What processes that have ended left. Raises UsageError when one still waits."""
        with ExitStack() as held:
            spools = []
            for path in sorted(spool_folder().glob(f"{self._key}-*{_KEPT}")):
                try:
                    spools.append(Spool(path))
                except FileNotFoundError:  # it has just been handed over
                    continue
                except BlockingIOError as error:
                    by = _whose(whole_lines(path.read_bytes()))["by"]
                    raise being_written(self._name, f"{by}, which waits for the server") from error
                held.callback(spools[-1].close)
            yield spools


@dataclass(frozen=True, slots=True)
class Waiting:
    """A spool that is there."""

    path: Path
    place: str
    run: str
    rows: int
    is_held: bool
    """By a process that waits for the server."""
    is_refused: bool
    """They no longer fit the run."""


def waiting() -> Iterator[Waiting]:
    """All spools on this machine."""
    for path in sorted(spool_folder().glob("*")):
        if path.suffix in (_KEPT, _REFUSED):
            lines = whole_lines(path.read_bytes())
            whose, rows = _whose(lines), len(lines) - 1
            held, refused = is_locked(path), path.suffix == _REFUSED
            yield Waiting(path, whose["place"], whose["run"], rows, held, refused)


def whole_lines(data: bytes) -> list[str]:
    """The lines of a file; what comes after the last whole one was cut off by a kill."""
    whole = data[: data.rfind(b"\n") + 1]
    return [f"{text}\n" for text in whole.decode("ascii").split("\n")[:-1]]


def spool_folder() -> Path:
    """Where they lie. Raises UsageError."""
    return state_folder() / "spool"


def _whose(lines: list[str]) -> dict[str, str]:
    _, whose = json.loads(lines[0])
    return dict(whose)


def _free(folder: Path, name: str, suffix: str) -> Path:
    """A path that nothing has. Another process of this name's number is not alive."""
    paths = (folder / f"{name}.{n}{suffix}" for n in count(1))
    return next(path for path in paths if not path.exists())


def _write(file: int, data: bytes) -> None:
    while data:
        data = data[os.write(file, data) :]

"""One writer at a time: a lock on a file of the run's folder, which names who holds it.

The kernel gives the lock back when its holder ends, however it ends: a lock file that lies around
locks nothing.
"""

from __future__ import annotations

import fcntl
import getpass
import os
import socket
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from archive.store.names import being_written

_LOOKS, _LOOK_S = 50, 0.02  # at a name that is not there yet
_TRIES, _TRY_S = 6, 0.01  # for the lock, which whoever looks at it has for a moment


class WriterLock:
    """The right to write into a run, from construction to `release`. Raises UsageError."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        if not _is_taken(self._file):
            holder = _holder(self._file)
            os.close(self._file)
            raise being_written(path.parent.name, holder)
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, this_process().encode(), 0)

    def release(self) -> None:
        """Give the lock back; a second time does nothing."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def this_process() -> str:
    """Whom the second writer is told of."""
    return f"process {os.getpid()} on {socket.gethostname()} ({_user()})"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a number without a name
        return f"user {os.getuid()}"


def _is_taken(file: int) -> bool:
    """Whether the lock could be had."""
    for _ in range(_TRIES):
        with suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        time.sleep(_TRY_S)
    return False


def _holder(file: int) -> str:
    who = _name_in(file) or "another process"
    since = datetime.fromtimestamp(os.fstat(file).st_mtime, UTC)  # it wrote its name when it began
    return f"{who} since {since:%Y-%m-%d %H:%M:%S} UTC"


def _name_in(file: int) -> str:
    """What the holder wrote; it does so right after it took the lock, so we look again."""
    for _ in range(_LOOKS):
        if name := os.pread(file, 200, 0):
            return name.decode(errors="replace")
        time.sleep(_LOOK_S)
    return ""


def is_locked(path: Path) -> bool:
    """Whether somebody is writing at this moment."""
    try:
        file = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False

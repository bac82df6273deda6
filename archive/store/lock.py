"""One writer at a time: a lock on a file of the run's folder, which names who holds it.

The kernel gives the lock back when its holder ends, however it ends: a lock file that lies around
locks nothing.
"""

from __future__ import annotations

import fcntl
import os
import socket
from datetime import UTC, datetime
from pathlib import Path

from evaluators.errors import UsageError


class WriterLock:
    """The right to write into a run, from construction to `release`. Raises UsageError."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = _holder(self._file)
            os.close(self._file)
            raise UsageError(
                f"run {path.parent.name!r} is being written by {holder}",
                "wait for it, or stop it; reading (front, show, status) works meanwhile",
            ) from error
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"process {os.getpid()} on {socket.gethostname()}".encode(), 0)

    def release(self) -> None:
        """Give the lock back; a second time does nothing."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def _holder(file: int) -> str:
    since = datetime.fromtimestamp(os.fstat(file).st_mtime, UTC)  # it wrote its name when it began
    who = os.pread(file, 200, 0).decode(errors="replace") or "another process"
    return f"{who} since {since:%Y-%m-%d %H:%M:%S} UTC"


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

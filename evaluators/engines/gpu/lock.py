"""Exclusive use of a device: an advisory lock on a file that is named after the device."""

from __future__ import annotations

import fcntl
import os
import tempfile
from pathlib import Path

from evaluators.errors import UsageError

_HOLDER_BYTES = 200


class DeviceLock:
    """Held from construction until `close`, or until the process ends, however it ends.

    It keeps programs of this project apart, not others: those show in clocks and drift.

    Raises:
        UsageError: another process holds it, and says which; or the file cannot be opened.
    """

    def __init__(self, name: str, uuid: str, folder: Path | None = None) -> None:
        path = (folder or Path(tempfile.gettempdir())) / f"adrs-device-{uuid}.lock"
        self._file = os.fdopen(_opened(path), "r+b", buffering=0)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = self._file.read(_HOLDER_BYTES).decode(errors="replace").strip()
            self._file.close()
            raise UsageError(
                f"{name} ({uuid}) is in use by {holder or 'another process'}",
                "what shares a device measures the other one too: wait until it is free",
            ) from error
        self._file.truncate(0)
        self._file.write(f"process {os.getpid()} of user {os.getuid()}".encode())

    def close(self) -> None:
        """Let others have it."""
        self._file.close()


def _opened(path: Path) -> int:
    """The file, made when it is not there; never inherited by what is started later."""
    for flags in (os.O_RDWR, os.O_RDWR | os.O_CREAT):  # kernels protect others' files from O_CREAT
        try:
            descriptor = os.open(path, flags | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise _cannot_lock(path, error.strerror) from error
        if flags & os.O_CREAT:
            os.fchmod(descriptor, 0o666)  # whoever uses the device next may be another user
        return descriptor
    raise _cannot_lock(path, "no such folder")


def _cannot_lock(path: Path, why: str | None) -> UsageError:
    return UsageError(f"{path}: {why}", "set TMPDIR to a folder that all users of the device share")

"""What the self-test really tries inside a sealed child; each must be refused.

Runs in the child alone.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import socket
from collections.abc import Callable

_PTRACE_ATTACH = 16


def _open_file() -> None:
    os.close(os.open("/etc/passwd", os.O_RDONLY))


def _open_socket() -> None:
    socket.socket(socket.AF_INET, socket.SOCK_STREAM).close()


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


def _signal_parent() -> None:
    os.kill(os.getppid(), 0)


def _map_executable() -> None:
    mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_EXEC).close()


def _trace_parent() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(_PTRACE_ATTACH, os.getppid(), None, None) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


ATTEMPTS: dict[str, Callable[[], None]] = {
    "open": _open_file,
    "socket": _open_socket,
    "fork": _fork,
    "kill": _signal_parent,
    "executable memory": _map_executable,
    "ptrace": _trace_parent,
}
ALLOWED = b"allowed"
REFUSED = b"refused"


def run(name: str, reply: mmap.mmap) -> None:
    """Try it and leave the verdict at the start of the reply."""
    try:
        ATTEMPTS[name]()
    except OSError:
        reply[: len(REFUSED)] = REFUSED
    else:
        reply[: len(ALLOWED)] = ALLOWED

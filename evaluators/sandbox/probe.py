"""What the self-test really tries.

In a sealed child each attempt must be refused; the zygote tells what it reaches outside, which in
namespaces of its own is nothing. Runs on the sandboxed side alone.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import socket
from collections.abc import Callable

_PTRACE_ATTACH = 16
_NOWHERE = ("192.0.2.1", 9)  # an address for documentation (RFC 5737); nothing is sent to it

_libc = ctypes.CDLL(None, use_errno=True)


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
    if _libc.ptrace(_PTRACE_ATTACH, os.getppid(), None, None) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _draw_entropy() -> None:
    if _libc.getrandom(ctypes.create_string_buffer(1), ctypes.c_size_t(1), 0) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


ATTEMPTS: dict[str, Callable[[], None]] = {
    "open": _open_file,
    "socket": _open_socket,
    "fork": _fork,
    "kill": _signal_parent,
    "executable memory": _map_executable,
    "ptrace": _trace_parent,
    "entropy": _draw_entropy,
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


def reached(outside_pid: int) -> list[str]:
    """What of the machine outside this process sees, `outside_pid` being a process there."""
    looks = {
        "files": _open_file,
        "network": _route_outside,
        "processes": lambda: os.kill(outside_pid, 0),
    }
    return [name for name, look in looks.items() if _succeeds(look)]


def _route_outside() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as outside:
        outside.connect(_NOWHERE)


def _succeeds(look: Callable[[], None]) -> bool:
    try:
        look()
    except PermissionError:
        return True  # it is there
    except OSError:
        return False
    return True

"""A CPU for each slot of a machine, whichever runs the slots belong to."""

from __future__ import annotations

import fcntl
import os
import socket
import tempfile
from pathlib import Path
from zlib import crc32

MOST_SHARING = 64  # slots of one CPU that are told apart


def own_cpu() -> int:
    """A CPU that no other slot here has, or that the fewest have, this process's until it ends.

    Evaluator and child alternate strictly, and waking across CPUs costs more than a decision.
    Containers of one machine know nothing of each other, so they do not all begin at the first.
    """
    cpus = sorted(os.sched_getaffinity(0))
    first = crc32(f"{socket.gethostname()} {os.getpid()}".encode()) % len(cpus)
    cpus = cpus[first:] + cpus[:first]
    places = ((cpu, share) for share in range(MOST_SHARING) for cpu in cpus)
    return next((cpu for cpu, share in places if _claim(f"{cpu}.{share}")), cpus[0])


def _claim(place: str) -> bool:
    """Whether this process has it from now on; where no lock can be kept nothing is anybody's."""
    try:
        folder = Path(tempfile.gettempdir()) / f"adrs-cpus-{os.getuid()}"
        folder.mkdir(mode=0o700, exist_ok=True)
        if folder.lstat().st_uid != os.getuid():
            return False  # somebody else's: what lies in it may lead anywhere
        held = os.open(folder / place, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:
        return False
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(held)
        return False
    return True  # the file stays open: it is the lock

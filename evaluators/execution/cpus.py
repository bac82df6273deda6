"""A CPU for each slot of a machine, whichever runs the slots belong to."""

from __future__ import annotations

import fcntl
import os
import tempfile
from pathlib import Path


def own_cpu() -> int:
    """A CPU that no other slot here has, this process's until it ends; where all are
    taken, one of them.

    Evaluator and child alternate strictly, and waking across CPUs costs more than a decision.
    """
    cpus = sorted(os.sched_getaffinity(0))
    return next(filter(_claim, cpus), cpus[os.getpid() % len(cpus)])


def _claim(cpu: int) -> bool:
    """Whether this process has it from now on; where no lock can be kept nothing is anybody's."""
    folder = Path(tempfile.gettempdir()) / f"adrs-cpus-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        held = os.open(folder / str(cpu), os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:
        return False
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(held)
        return False
    return True  # the file stays open: it is the lock

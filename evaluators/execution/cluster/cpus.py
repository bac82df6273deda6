"""A CPU for each slot of a machine, whichever drivers the slots belong to."""

from __future__ import annotations

import fcntl
import os
import tempfile
from pathlib import Path


def own_cpu() -> int | None:
    """A CPU that no other slot here has, this process's until it ends; None: all are taken.

    Evaluator and child alternate strictly, and waking across CPUs costs more than a decision.
    """
    folder = Path(tempfile.gettempdir()) / f"adrs-cpus-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    for cpu in sorted(os.sched_getaffinity(0)):
        held = os.open(folder / str(cpu), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(held)
        else:
            return cpu  # the file stays open: it is the lock
    return None

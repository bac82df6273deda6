"""What a process wrote into the memory file that stands for its standard error."""

from __future__ import annotations

import os

_TAIL_BYTES = 20_000


def tail_of(errors_fd: int) -> str:
    """The end of it."""
    end = os.lseek(errors_fd, 0, os.SEEK_END)
    return os.pread(errors_fd, _TAIL_BYTES, max(0, end - _TAIL_BYTES)).decode(errors="replace")

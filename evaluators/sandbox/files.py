"""The shared memory and pipes between the evaluator and one child."""

from __future__ import annotations

import fcntl
import mmap
import os
import select

from evaluators.sandbox.launcher import Zygote

F_SEAL_FUTURE_WRITE = 0x10  # in `fcntl` from Python 3.14
_FIXED_SIZE = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL


class ChannelFiles:
    """Request (the child can only read it) and reply, and a pipe each way to wake the other."""

    def __init__(self, request_bytes: int, reply_bytes: int) -> None:
        self._request_fd, self.request = _shared(request_bytes, F_SEAL_FUTURE_WRITE | _FIXED_SIZE)
        self._reply_fd, self.reply = _shared(reply_bytes, _FIXED_SIZE)
        self._child_wake_fd, self.wake_fd = os.pipe()
        os.set_blocking(self.wake_fd, False)  # a child that never reads must not hold us up
        self.done_fd, self._child_done_fd = os.pipe()
        self.done = select.poll()
        self.done.register(self.done_fd, select.POLLIN)

    def hand_over(self, zygote: Zygote, command: str) -> int:
        """Start a child that holds the other ends; its pid."""
        theirs = (self._request_fd, self._reply_fd, self._child_wake_fd, self._child_done_fd)
        try:
            return zygote.start(command, theirs)
        finally:
            for fd in theirs:
                os.close(fd)

    def close(self) -> None:
        """Give everything back."""
        self.request.close()
        self.reply.close()
        os.close(self.wake_fd)
        os.close(self.done_fd)


def _shared(size: int, seals: int) -> tuple[int, mmap.mmap]:
    """A memory file mapped for us; the seals hold for whoever maps it later."""
    fd = os.memfd_create("adrs", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(fd, size)
    mapped = mmap.mmap(fd, size)
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, seals)
    return fd, mapped

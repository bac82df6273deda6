"""The memory that evaluator and child share: who may write to it, and that its size is fixed."""

from __future__ import annotations

import mmap
import os

import pytest

from evaluators.sandbox.files import ChannelFiles

BYTES = 4096


@pytest.fixture
def theirs():
    """The request and the reply as a child gets them."""
    files = ChannelFiles(BYTES, BYTES)
    yield files._request_fd, files._reply_fd
    for fd in (files._request_fd, files._reply_fd, files._child_wake_fd, files._child_done_fd):
        os.close(fd)
    files.close()


def test_the_request_can_be_read_alone(theirs):
    request, _ = theirs
    assert mmap.mmap(request, BYTES, prot=mmap.PROT_READ)[:1] == b"\0"
    with pytest.raises(PermissionError):
        mmap.mmap(request, BYTES)
    with pytest.raises(PermissionError):
        os.write(request, b"x")


def test_the_reply_can_be_written(theirs):
    _, reply = theirs
    mmap.mmap(reply, BYTES)[:1] = b"x"


@pytest.mark.parametrize("which", [0, 1], ids=["request", "reply"])
@pytest.mark.parametrize("size", [0, BYTES // 2, 2 * BYTES])
def test_neither_changes_its_size(theirs, which, size):
    """A file that shrinks under a mapping kills who reads it."""
    with pytest.raises(PermissionError):
        os.ftruncate(theirs[which], size)
    assert os.fstat(theirs[which]).st_size == BYTES

"""The project's own channel with every protection taken off.

The child is an ordinary process that holds unsealed memory files; the other end believes whatever
it finds in them: sequence numbers, words, status, lengths and contents.
"""

from __future__ import annotations

import json
import mmap
import os
import subprocess
import sys
import types

from evaluators.sandbox import loading
from evaluators.sandbox.frame import ENTRY, HEAD, SOURCE, STATUS, reply_bytes, request_bytes
from evaluators.sandbox.randomness import Randomness
from evaluators.sandbox.serving import Server
from evaluators.sandbox.wire import SignatureLayout
from evaluators.signature import describe


class CredulousChild:
    """One episode's policy behind shared memory."""

    def __init__(self, problem, source):
        self._description = describe(problem.signature)
        self._layout = SignatureLayout(json.loads(json.dumps(self._description)))
        text = source.encode()
        request_fd, self._request = _shared(request_bytes(self._layout, 1, text))
        reply_fd, self._reply = _shared(reply_bytes(self._layout, 1))
        wake_fd, self._wake_fd = os.pipe()
        self._done_fd, done_fd = os.pipe()
        self._request[: SOURCE.size + len(text)] = SOURCE.pack(len(text)) + text
        theirs = (request_fd, reply_fd, wake_fd, done_fd)
        config = json.dumps({"signature": self._description, "prelude": problem.prelude})
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.attacks.credulous", config, *map(str, theirs)],
            pass_fds=theirs,
        )
        for fd in theirs:
            os.close(fd)
        self._take_word()
        status, length = STATUS.unpack_from(self._reply, HEAD.size)
        start = HEAD.size + STATUS.size
        self._fault = self._reply[start : start + length].decode() if status else None

    def begin(self, given):
        if self._fault:
            raise RuntimeError(self._fault)
        self._sizes = self._layout.start_sizes()
        self._given = self._layout.given.encode(given, self._sizes)

    def decide(self, observation):
        sizes = dict(self._sizes)
        seen = self._layout.observation.encode(observation, sizes)
        entry = ENTRY.pack(0, len(self._given), len(seen))
        frame = HEAD.pack(1, 1) + entry + self._given + seen
        self._given = b""
        self._request[: len(frame)] = frame
        os.write(self._wake_fd, b"!")
        self._take_word()
        start = HEAD.size + STATUS.size
        status, length = STATUS.unpack_from(self._reply, HEAD.size)
        if status == 2:  # a crash
            raise RuntimeError(self._reply[start : start + length].decode())
        content = self._reply[start : start + self._layout.action.max_bytes]
        return self._layout.decode_answer(content, sizes)

    def _take_word(self):
        if not os.read(self._done_fd, 1):
            raise EOFError

    def close(self):
        self._process.kill()
        self._process.wait()


def _shared(size):
    fd = os.memfd_create("credulous")
    os.ftruncate(fd, size)
    return fd, mmap.mmap(fd, size)


def main():
    config = json.loads(sys.argv[1])
    request_fd, reply_fd, wake_fd, done_fd = map(int, sys.argv[2:])
    request = mmap.mmap(request_fd, 0, prot=mmap.PROT_READ)
    layout = SignatureLayout(config["signature"])
    server = Server(layout, request, mmap.mmap(reply_fd, 0), (wake_fd, done_fd))
    (size,) = SOURCE.unpack_from(request)
    source = request[SOURCE.size : SOURCE.size + size].decode()
    module = sys.modules[loading.MODULE] = types.ModuleType(loading.MODULE)
    server.load(
        lambda: loading.load(config["prelude"], source, vars(module), config["signature"]),
        Randomness(source),
        source,
    )
    server.serve()


if __name__ == "__main__":
    main()

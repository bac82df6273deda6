"""The life of a child: map the two files, seal, and only then look at the policy."""

from __future__ import annotations

import mmap
import os
from typing import Any

from evaluators.sandbox import loading, probe, sealing
from evaluators.sandbox.frame import SOURCE
from evaluators.sandbox.randomness import Randomness
from evaluators.sandbox.serving import Server
from evaluators.sandbox.wire import SignatureLayout

PROBE_CPU_S = 5


def run(command: str, argument: str, descriptors: list[int], config: dict[str, Any]) -> None:
    """Serve a policy (`fork CPU_S`) or try one forbidden thing (`probe NAME`)."""
    request_fd, reply_fd, wake_fd, done_fd = descriptors
    request = mmap.mmap(request_fd, 0, prot=mmap.PROT_READ)
    reply = mmap.mmap(reply_fd, 0)
    layout = SignatureLayout(config["signature"])
    (size,) = SOURCE.unpack_from(request)
    source = request[SOURCE.size : SOURCE.size + size].decode()
    cpu_s = PROBE_CPU_S if command == "probe" else int(argument)
    memory_bytes = config["mapped_bytes"] + len(request) + len(reply) + (config["memory_mb"] << 20)
    seal((wake_fd, done_fd), memory_bytes, cpu_s, config)
    os.write(done_fd, b"S")  # from here on whatever happens is the policy's doing
    if command == "probe":
        probe.run(argument, reply)
        os.write(done_fd, b"!")
        return
    allowed = config["allowed_modules"]
    server = Server(layout, request, reply, (wake_fd, done_fd))
    randomness = Randomness(source)
    namespace = loading.namespace_for(allowed)
    server.load(
        lambda: loading.load(config["prelude"], source, namespace, config["signature"]),
        randomness,
        source,
    )
    server.serve()


def seal(pipes: tuple[int, int], memory_bytes: int, cpu_s: int, config: dict[str, Any]) -> None:
    """Give up everything but computing and the two pipes, with the layers that are configured."""
    os.setsid()
    os.dup2(1, 2)  # both are the null device
    sealing.close_files_except(list(pipes))
    sealing.limit_resources(memory_bytes, cpu_s, max(pipes) + 1)
    sealing.drop_user()
    sealing.die_with_parent(config["zygote_pid"])
    sealing.prctl(sealing.PR_SET_DUMPABLE, 0)
    sealing.prctl(sealing.PR_SET_NO_NEW_PRIVS, 1)
    if config["landlock_abi"]:
        sealing.forbid_files(config["landlock_abi"])
    if config["filter"]:
        sealing.install_filter(bytes.fromhex(config["filter"]))

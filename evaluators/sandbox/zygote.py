"""The warm process that every child is forked from; started as a script of its own.

It is executed without site-packages, with a scrubbed environment, and imports no part of the
project but the child's side of the sandbox. It preloads what policies may import, then forks one
child per candidate on demand and reports how each ended. The evaluator talks to it through a
sequenced-packet socket: `fork CPU_S` or `probe NAME` with four descriptors -> the child's pid;
`reap PID` -> wait status and usage. A child stays a zombie until it is reaped on demand, so its
pid cannot come to name another process.

Pids are those of the zygote's namespace. Zygote and child say what they are themselves, because
the kernel tells the receiver the sender's pid in the receiver's own namespace.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import socket
import struct
import sys
import types
from typing import Any, NoReturn

PID = struct.Struct("<q")
REAPED = struct.Struct("<qdq")  # wait status, CPU seconds, peak resident KiB
_NUMPY_PARTS = ("fft", "linalg", "ma", "polynomial", "random")


def open_package(folder: str) -> None:
    """Make `evaluators.sandbox` importable from its folder, and nothing else of the project."""
    for name, path in (("evaluators", []), ("evaluators.sandbox", [folder])):
        package = types.ModuleType(name)
        package.__path__ = path
        sys.modules[name] = package


def preload(modules: list[str]) -> None:
    """Import everything that a policy may need: nothing can be opened later."""
    for name in (*modules, *(f"numpy.{part}" for part in _NUMPY_PARTS)):
        importlib.import_module(name)


def serve(control: socket.socket, config: dict[str, Any]) -> None:
    """Fork and reap on demand until the evaluator is gone."""
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 256, 4)
        if not message:
            return
        command, _, argument = message.decode().partition(" ")
        if command == "reap":
            _, status, usage = os.wait4(int(argument), 0)
            control.send(REAPED.pack(status, usage.ru_utime + usage.ru_stime, usage.ru_maxrss))
            continue
        if os.fork() == 0:
            control.send(PID.pack(os.getpid()))
            run_child(command, argument, descriptors, config)
        for fd in descriptors:
            os.close(fd)


def run_child(
    command: str, argument: str, descriptors: list[int], config: dict[str, Any]
) -> NoReturn:
    """Seal this process and do what was asked; the process ends here."""
    from evaluators.sandbox import child

    try:
        child.run(command, argument, descriptors, config)
    finally:
        os._exit(0)


def main() -> None:
    """Get warm, say so, serve."""
    control = socket.socket(fileno=int(sys.argv[1]))
    with os.fdopen(int(sys.argv[2]), encoding="utf-8") as file:
        config = json.load(file)
    open_package(config["folder"])
    sys.path += config["paths"]
    from evaluators.sandbox import child, probe, sealing  # noqa: F401  # `child` is for later

    sealing.die_with_parent(config["parent_pid"])
    sealing.prctl(sealing.PR_SET_DUMPABLE, 0)
    preload(config["allowed_modules"])
    gc.collect()
    gc.freeze()
    config["zygote_pid"] = os.getpid()
    config["mapped_bytes"] = sealing.mapped_bytes()
    reached = probe.reached(config["evaluator_pid"])
    ready = {"has_fixed_addresses": sealing.has_fixed_addresses(), "reached": reached}
    control.send(json.dumps(ready).encode())
    serve(control, config)


if __name__ == "__main__":
    main()

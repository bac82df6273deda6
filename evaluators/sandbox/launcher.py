"""Starts the zygote and asks it for children. Runs on the trusted side."""

from __future__ import annotations

import ctypes
import importlib.util
import json
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluators.contract import Deadlines, Problem
from evaluators.errors import AdrsError
from evaluators.sandbox.zygote import PID, REAPED
from evaluators.signature import describe

ADDR_NO_RANDOMIZE = 0x0040000
_FOLDER = Path(__file__).resolve().parent
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class SandboxError(AdrsError):
    """The sandbox itself failed: ours, never the candidate's."""


@dataclass(frozen=True, slots=True)
class Layers:
    """What a child is sealed with: the compiled seccomp filter and the Landlock version."""

    filter: bytes = b""  # empty: no seccomp
    landlock_abi: int = 0  # 0: no Landlock


@dataclass(frozen=True, slots=True)
class Exit:
    """How a child ended: wait status, CPU seconds, peak resident KiB."""

    status: int
    cpu_s: float
    peak_kib: int


@dataclass(frozen=True)
class Rules:
    """What a zygote's children are told of the problem, and their limits."""

    signature: dict[str, Any]
    prelude: str
    allowed_modules: tuple[str, ...]
    deadlines: Deadlines

    @staticmethod
    def of(problem: Problem) -> Rules:
        """The rules that a problem declares."""
        return Rules(
            json.loads(json.dumps(describe(problem.signature))),
            problem.prelude, tuple(problem.allowed_modules), problem.deadlines,
        )  # fmt: skip


class Zygote:
    """A warm process that forks sealed children."""

    def __init__(self, rules: Rules, layers: Layers) -> None:
        self.rules = rules
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        config_fd = os.memfd_create("config")
        os.write(config_fd, json.dumps(_config(rules, layers)).encode())
        os.lseek(config_fd, 0, os.SEEK_SET)
        self.has_fixed_addresses = switch_off_address_randomisation()
        with theirs:
            self._process = subprocess.Popen(
                [
                    sys.executable, "-s", "-S", "-P", "-B", str(_FOLDER / "zygote.py"),
                    str(theirs.fileno()), str(config_fd),
                ],
                pass_fds=(theirs.fileno(), config_fd), env=_environment(), cwd="/",
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        os.close(config_fd)
        if self._receive() != b"ready":
            raise SandboxError("the zygote did not become ready")

    def start(self, command: str, descriptors: Sequence[int]) -> int:
        """The pid of a new child that holds the descriptors."""
        (pid,) = PID.unpack(self._ask(command, descriptors))
        return int(pid)

    def reap(self, pid: int) -> Exit:
        """How a child that is ending ended; its pid means nothing afterwards."""
        return Exit(*REAPED.unpack(self._ask(f"reap {pid}")))

    def _ask(self, command: str, descriptors: Sequence[int] = ()) -> bytes:
        try:
            socket.send_fds(self._control, [command.encode()], list(descriptors))
        except BrokenPipeError as error:
            raise SandboxError("the zygote is gone") from error
        return self._receive()

    def _receive(self) -> bytes:
        try:
            message = self._control.recv(64)
        except ConnectionResetError:
            message = b""
        if not message:
            raise SandboxError(f"the zygote ended with status {self._process.wait()}")
        return message

    @property
    def pid(self) -> int:
        return self._process.pid

    def close(self) -> None:
        """End the zygote; its children die with it."""
        self._control.close()
        self._process.kill()
        self._process.wait()


def _config(rules: Rules, layers: Layers) -> dict[str, Any]:
    return {
        "folder": str(_FOLDER),
        "paths": _import_paths(rules.allowed_modules),
        "parent_pid": os.getpid(),
        "signature": rules.signature,
        "prelude": rules.prelude,
        "allowed_modules": list(rules.allowed_modules),
        "memory_mb": rules.deadlines.memory_mb,
        "filter": layers.filter.hex(),
        "landlock_abi": layers.landlock_abi,
    }


def _import_paths(modules: Sequence[str]) -> list[str]:
    """Where modules outside the standard library lie; numpy always, the channel needs it."""
    folders: list[str] = []
    for name in ("numpy", *modules):
        root = name.partition(".")[0]
        spec = None if root in sys.stdlib_module_names else importlib.util.find_spec(root)
        if spec is not None and spec.origin is not None:
            origin = Path(spec.origin)
            folder = origin.parent.parent if spec.submodule_search_locations else origin.parent
            folders.append(str(folder))
    return list(dict.fromkeys(folders))


def _environment() -> dict[str, str]:
    """Built from nothing: no key of the user's can be in it."""
    return {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONHASHSEED": "0"} | dict.fromkeys(
        _THREADS, "1"
    )


def switch_off_address_randomisation() -> bool:
    """Whether processes started from now on have fixed addresses (containers may refuse it)."""
    libc = ctypes.CDLL(None)
    current = libc.personality(ctypes.c_ulong(0xFFFFFFFF))
    return bool(libc.personality(ctypes.c_ulong(current | ADDR_NO_RANDOMIZE)) >= 0)

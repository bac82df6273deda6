"""Starts the zygote and asks it for children. Runs on the trusted side."""

from __future__ import annotations

import ctypes
import importlib.util
import json
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from evaluators.contract import Deadlines, Problem
from evaluators.errors import AdrsError
from evaluators.sandbox import namespaces
from evaluators.sandbox.complaints import tail_of
from evaluators.sandbox.sealing import ADDR_NO_RANDOMIZE
from evaluators.sandbox.zygote import PID, REAPED
from evaluators.signature import describe

ANSWER_S = 60  # longer than starting takes on a busy machine
_UCRED = struct.Struct("iII")  # pid, uid, gid
_FOLDER = Path(__file__).resolve().parent
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class SandboxError(AdrsError):
    """The sandbox itself failed: ours, never the candidate's."""


@dataclass(frozen=True, slots=True)
class Layers:
    """What a child is sealed with, and what stands around its zygote."""

    filter: bytes = b""  # the compiled seccomp filter; empty: none
    landlock_abi: int = 0  # the Landlock version; 0: none
    namespaces: bool = False  # the zygote lives inside bubblewrap
    missing: tuple[str, ...] = ()  # per layer that is not there: why, and what would raise it


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


class _Word(NamedTuple):
    """What the zygote's side said, and the sender's pid as the kernel tells it to us."""

    content: bytes
    pid: int


class Zygote:
    """A warm process that forks sealed children.

    Raises:
        SandboxError: it does not start with these layers, or namespaces leave something in reach.
    """

    def __init__(self, rules: Rules, layers: Layers) -> None:
        self.rules = rules
        self._child_names: dict[int, int] = {}  # pid -> the child's pid in the zygote's namespace
        self._errors_fd = os.memfd_create("zygote-errors", os.MFD_CLOEXEC)
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self._control.settimeout(ANSWER_S)
        with theirs:
            self._process = _spawn(rules, layers, theirs.fileno(), self._errors_fd)
        try:
            self._greet(layers)
        except SandboxError:
            self.close()
            raise

    def _greet(self, layers: Layers) -> None:
        ready, pid = self._receive()
        told = json.loads(ready)
        self.has_fixed_addresses = bool(told["has_fixed_addresses"])
        self.pids = tuple(dict.fromkeys((self._process.pid, pid)))  # bubblewrap has its own
        if layers.namespaces and told["reached"]:
            raise SandboxError(f"bubblewrap leaves {', '.join(told['reached'])} in reach")

    def start(self, command: str, descriptors: Sequence[int]) -> int:
        """The pid of a new child that holds the descriptors."""
        content, pid = self._ask(command, descriptors)
        (self._child_names[pid],) = PID.unpack(content)
        return pid

    def reap(self, pid: int) -> Exit:
        """How a child that is ending ended; its pid means nothing afterwards."""
        ended = self._ask(f"reap {self._child_names[pid]}").content
        del self._child_names[pid]
        return Exit(*REAPED.unpack(ended))

    def said(self) -> str:
        """The end of what the zygote, or a child before its sealing, complained of."""
        return tail_of(self._errors_fd).strip()

    def _ask(self, command: str, descriptors: Sequence[int] = ()) -> _Word:
        try:
            socket.send_fds(self._control, [command.encode()], list(descriptors))
        except BrokenPipeError as error:
            raise SandboxError(f"the zygote is gone\n{self.said()}") from error
        return self._receive()

    def _receive(self) -> _Word:
        try:
            content, ancillary, _, _ = self._control.recvmsg(256, socket.CMSG_SPACE(_UCRED.size))
        except ConnectionResetError:
            content, ancillary = b"", []
        except TimeoutError as error:
            raise SandboxError(f"the zygote said nothing for {ANSWER_S} s") from error
        if not content:
            status = self._process.wait()
            raise SandboxError(f"the zygote ended with status {status}\n{self.said()}")
        ((_, _, sender),) = ancillary
        return _Word(content, _UCRED.unpack(sender)[0])

    def close(self) -> None:
        """End the zygote; its children die with it."""
        self._control.close()
        self._process.kill()
        self._process.wait()
        os.close(self._errors_fd)


def _spawn(
    rules: Rules, layers: Layers, control_fd: int, errors_fd: int
) -> subprocess.Popen[bytes]:
    """Start the zygote with a scrubbed environment, inside bubblewrap where that is a layer."""
    paths = _import_paths(rules.allowed_modules)
    config_fd = os.memfd_create("config")
    os.write(config_fd, json.dumps(_config(rules, layers, paths)).encode())
    os.lseek(config_fd, 0, os.SEEK_SET)
    python = [sys.executable, "-s", "-S", "-P", "-B", str(_FOLDER / "zygote.py")]
    command = [*python, str(control_fd), str(config_fd)]
    switch_off_address_randomisation()
    try:
        return subprocess.Popen(
            [*namespaces.wrapper(paths), *command] if layers.namespaces else command,
            pass_fds=(control_fd, config_fd), env=_environment(), cwd="/",
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors_fd,
            start_new_session=True,
        )  # fmt: skip
    finally:
        os.close(config_fd)


def _config(rules: Rules, layers: Layers, paths: Sequence[str]) -> dict[str, Any]:
    return {
        "folder": str(_FOLDER),
        "paths": paths,
        "parent_pid": 0 if layers.namespaces else os.getpid(),  # 0: outside its namespace
        "evaluator_pid": os.getpid(),
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


def switch_off_address_randomisation() -> None:
    """For processes started from now on. Containers may refuse it: the zygote says what it has."""
    libc = ctypes.CDLL(None)
    current = libc.personality(ctypes.c_ulong(0xFFFFFFFF))
    libc.personality(ctypes.c_ulong(current | ADDR_NO_RANDOMIZE))

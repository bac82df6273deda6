"""Which protection is in force: chosen from what this machine offers, then really tried.

L3 is the seccomp allow-list with Landlock, the zygote inside bubblewrap; L2 the allow-list with
Landlock; L1 the allow-list without; `none` nothing but separate processes and resource limits.
"""

from __future__ import annotations

import os
import platform
import signal
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Literal

from evaluators.errors import UsageError
from evaluators.execution.executor import Layer, Sandbox
from evaluators.sandbox import filter as seccomp
from evaluators.sandbox import namespaces
from evaluators.sandbox.files import ChannelFiles
from evaluators.sandbox.frame import SOURCE
from evaluators.sandbox.launcher import Layers, Rules, SandboxError, Zygote
from evaluators.sandbox.probe import ATTEMPTS, REFUSED
from evaluators.sandbox.sealing import landlock_abi

_UNSAFE = "or accept no protection with --unsafe-no-sandbox; every record then says so"
_RAISED_BY: Mapping[Layer, str] = {
    "landlock": "a kernel with Landlock (5.13 or later) would raise it to L2",
    "namespaces": "installing bubblewrap would add namespaces",
}


def choose_layers(unsafe_no_sandbox: bool, without: Collection[Layer] = ()) -> Layers:
    """Every layer that this machine offers. Raises UsageError where there is no seccomp filter."""
    if unsafe_no_sandbox:
        return Layers()
    program = seccomp.shipped()
    if not program:
        raise UsageError(f"no seccomp filter is shipped for {platform.machine()}", _UNSAFE)
    abi = 0 if "landlock" in without else landlock_abi()
    has_namespaces = "namespaces" not in without and bool(namespaces.program())
    has = {"landlock": bool(abi), "namespaces": has_namespaces}
    missing = [_why_missing(layer, without) for layer in _RAISED_BY if not has[layer]]
    return Layers(program, abi, has_namespaces, tuple(missing))


def _why_missing(layer: Layer, without: Collection[Layer]) -> str:
    return f"{layer} left out as asked" if layer in without else _RAISED_BY[layer]


def start(rules: Rules, layers: Layers) -> tuple[Zygote, Sandbox]:
    """A zygote behind these layers, or behind all but namespaces where they do not work.

    Raises:
        UsageError: something gets through what is in force.
    """
    try:
        zygote = Zygote(rules, layers)
    except SandboxError as error:
        if not layers.namespaces:
            raise
        layers = without_namespaces(layers, str(error).splitlines()[-1])
        zygote = Zygote(rules, layers)
    return zygote, assess(zygote, layers)


def without_namespaces(layers: Layers, why: str) -> Layers:
    """The layers that remain, and what is said of it."""
    missing = f"no namespaces here ({why}): safe to go on, they only add depth"
    return replace(layers, namespaces=False, missing=(*layers.missing, missing))


def self_test(zygote: Zygote, attempts: tuple[str, ...] = tuple(ATTEMPTS)) -> Mapping[str, bool]:
    """Whether each forbidden thing, really tried in a sealed child, was refused."""
    return {name: _is_refused(zygote, name) for name in attempts}


def _is_refused(zygote: Zygote, name: str) -> bool:
    files = ChannelFiles(SOURCE.size, len(REFUSED))
    try:
        pid = files.hand_over(zygote, f"probe {name}")
        sealed = os.read(files.done_fd, 1) == b"S"
        word = os.read(files.done_fd, 1)
        ended = zygote.reap(pid)
        if not sealed:
            raise UsageError("the kernel refuses the seccomp filter", _UNSAFE)
        if word:
            return files.reply[: len(REFUSED)] == REFUSED
        return os.WIFSIGNALED(ended.status) and os.WTERMSIG(ended.status) == signal.SIGSYS
    finally:
        files.close()


def assess(zygote: Zygote, layers: Layers) -> Sandbox:
    """The level in force, after trying it. Raises UsageError when anything gets through."""
    if not layers.filter:
        return Sandbox("none", "", "no sandbox: policies can read files and reach the network")
    through = [name for name, refused in self_test(zygote).items() if not refused]
    if through:
        raise UsageError(f"the sandbox does not hold: {', '.join(through)} got through", _UNSAFE)
    level = _level(layers)
    note = "; ".join([f"{level}: {_in_force(layers)}", *layers.missing])
    if not zygote.has_fixed_addresses:
        note += "; address randomisation cannot be switched off here"
    return Sandbox(level, seccomp.sha256(layers.filter), note)


def _level(layers: Layers) -> Literal["L3", "L2", "L1"]:
    """The highest rung all of whose layers are there: namespaces without Landlock are no L3."""
    if not layers.landlock_abi:
        return "L1"
    return "L3" if layers.namespaces else "L2"


def _in_force(layers: Layers) -> str:
    names = ["seccomp allow-list"]
    if layers.landlock_abi:
        names.append(f"Landlock {layers.landlock_abi}")
    if layers.namespaces:
        names.append("namespaces")
    return ", ".join(names)

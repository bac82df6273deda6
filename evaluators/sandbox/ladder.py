"""Which protection is in force: chosen from what the kernel offers, then really tried.

L2 is the seccomp allow-list with Landlock, L1 the allow-list alone, `none` nothing but separate
processes and resource limits.
"""

from __future__ import annotations

import os
import platform
import signal
from collections.abc import Collection, Mapping
from typing import Literal

from evaluators.errors import UsageError
from evaluators.execution.executor import Layer, Sandbox
from evaluators.sandbox import filter as seccomp
from evaluators.sandbox.files import ChannelFiles
from evaluators.sandbox.frame import SOURCE
from evaluators.sandbox.launcher import Layers, Zygote
from evaluators.sandbox.probe import ATTEMPTS, REFUSED
from evaluators.sandbox.sealing import landlock_abi

_UNSAFE = "or accept no protection with --unsafe-no-sandbox; every record then says so"


def choose_layers(unsafe_no_sandbox: bool, without: Collection[Layer] = ()) -> Layers:
    """What to seal children with. Raises UsageError where there is no seccomp filter."""
    if unsafe_no_sandbox:
        return Layers()
    if not hasattr(os, "memfd_create"):
        raise UsageError("policies are only sandboxed on Linux", "use a Linux machine or container")
    program = seccomp.shipped()
    if not program:
        raise UsageError(f"no seccomp filter is shipped for {platform.machine()}", _UNSAFE)
    return Layers(program, 0 if "landlock" in without else landlock_abi())


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
    if layers.landlock_abi:
        note = f"seccomp allow-list and Landlock {layers.landlock_abi}"
    else:
        note = "seccomp allow-list; a kernel with Landlock (5.13 or later) would raise it to L2"
    if not zygote.has_fixed_addresses:
        note += "; address randomisation cannot be switched off here"
    level: Literal["L2", "L1"] = "L2" if layers.landlock_abi else "L1"
    return Sandbox(level, seccomp.sha256(layers.filter), f"{level}: {note}")

"""The outermost layer: bubblewrap around the zygote.

Inside there is no process but the zygote and its children, no network, no /proc, and no file but
Python's, the system's libraries and this folder, all of them read-only. An ordinary user gets it
through a user namespace. Root needs none, and in one its children could not become nobody.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

_SANDBOX_FOLDER = Path(__file__).resolve().parent
_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache")
_UNSHARED = ("ipc", "pid", "net", "uts", "cgroup-try")


def program() -> str:
    """Where bubblewrap is installed, or an empty text."""
    return shutil.which("bwrap") or ""


def wrapper(import_paths: Iterable[str]) -> list[str]:
    """The words before a Python command that make it run inside.

    The zygote is the first process there: the kernel ends all its children with it.
    """
    words = [program(), *(f"--unshare-{kind}" for kind in _UNSHARED)]
    if os.geteuid() != 0:
        words.append("--unshare-user-try")
    for path in _visible(import_paths):
        words += ["--ro-bind", path, path]
    hidden = str(_SANDBOX_FOLDER.parent)  # an installed package lies in a folder that is visible
    words += ["--tmpfs", hidden, "--ro-bind", str(_SANDBOX_FOLDER), str(_SANDBOX_FOLDER)]
    words += ["--remount-ro", hidden, "--remount-ro", "/"]
    return [*words, "--chdir", "/", "--die-with-parent", "--as-pid-1", "--"]


def _visible(import_paths: Iterable[str]) -> list[str]:
    """What Python needs; outer folders come before what lies in them."""
    prefixes = (sys.prefix, sys.base_prefix, str(Path(sys.executable).resolve().parents[1]))
    return sorted(p for p in {*_LIBRARIES, *prefixes, *import_paths} if Path(p).exists())

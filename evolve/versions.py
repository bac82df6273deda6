"""What a run was made with: it goes into the journal, and explains a replay that differs."""

from __future__ import annotations

import hashlib
import platform
from importlib.metadata import version
from pathlib import Path

import archive
import evaluators
import evolve

PACKAGES = ("adrs", "numpy", "cma", "moocore")


def versions() -> dict[str, str]:
    """Python, the packages that decide a search's course, and a digest of our own code."""
    found = {name: version(name) for name in PACKAGES}
    return {"python": platform.python_version(), **found, "code": code_digest()[:12]}


def code_digest() -> str:
    """SHA-256 over the source files of the three packages."""
    sha = hashlib.sha256()
    for package in (evaluators, archive, evolve):
        folder = Path(str(package.__file__)).parent
        for path in sorted(folder.rglob("*.py")):
            sha.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return sha.hexdigest()


def changed(then: dict[str, str]) -> str:
    """What differs now, in words; empty when nothing does."""
    now = versions()
    return ", ".join(f"{k} {then.get(k)} then, {v} now" for k, v in now.items() if then.get(k) != v)

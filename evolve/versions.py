"""What a run was made with: it goes into the journal, and explains a replay that differs."""

from __future__ import annotations

import platform
from importlib.metadata import version

import archive
import evaluators
import evolve
from evaluators.sources import source_digest

PACKAGES = ("adrs", "numpy", "cma", "moocore")


def versions() -> dict[str, str]:
    """Python, the packages that decide a search's course, and a digest of our own code."""
    found = {name: version(name) for name in PACKAGES}
    return {"python": platform.python_version(), **found, "code": code_digest()[:12]}


def code_digest() -> str:
    """SHA-256 over the source files of the three packages."""
    return source_digest(evaluators, archive, evolve)


def changed(then: dict[str, str]) -> str:
    """What differs now, in words; empty when nothing does."""
    now = versions()
    return ", ".join(f"{k} {then.get(k)} then, {v} now" for k, v in now.items() if then.get(k) != v)

"""Processes as /proc tells of them."""

from __future__ import annotations

from pathlib import Path


def processes_below(pid: int, with_dead: bool = False) -> set[int]:
    """Every process below `pid`; on request those that are dead and not yet reaped, too."""
    parents = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if with_dead or fields[0] != "Z":
                parents[int(folder.name)] = int(fields[1])
    found: set[int] = set()
    while fresh := {p for p, parent in parents.items() if parent in found | {pid}} - found:
        found |= fresh
    return found

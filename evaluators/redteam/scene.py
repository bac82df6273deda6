"""The processes of an evaluator, looked at from outside before and after an attack."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from pathlib import Path

from evaluators.contract import Problem
from evaluators.execution.executor import Report
from evaluators.redteam.attack import Aftermath, failures_in
from evaluators.redteam.planting import Planted

_PROC = Path("/proc")


class Scene:
    """What is around an evaluator: made before an attack is played, asked afterwards."""

    def __init__(self, planted: Planted, evaluator_pid: int) -> None:
        self._planted = planted
        self._evaluator_pid = evaluator_pid
        self._family = descendants(evaluator_pid)
        self._resident_mb = resident_mb(evaluator_pid)

    def aftermath(
        self, problem: Problem, reports: tuple[Report, ...], honest: Report, wall_s: float,
        limit_s: float,
    ) -> Aftermath:  # fmt: skip
        """What has changed since."""
        planted, pid = self._planted, self._evaluator_pid
        texts = [f.message for f in failures_in(reports)]
        return Aftermath(
            problem,
            reports,
            honest,
            leaked=any(secret in text for secret in planted.secrets for text in texts),
            written=planted.take_written(),
            contacts=planted.take_contacts(),
            left=tuple(sorted(descendants(pid) - self._family | marked(planted.mark))),
            dead=tuple(self._dead()),
            grown_mb=resident_mb(pid) - self._resident_mb,
            wall_s=wall_s,
            limit_s=limit_s,
        )

    def _dead(self) -> Iterator[str]:
        alive = descendants(self._evaluator_pid)
        if self._evaluator_pid not in alive:
            yield "the evaluator"
        elif self._family - alive:
            yield "a process of the evaluator"
        if self._planted.take_bystander():
            yield "a bystander"


def descendants(pid: int) -> set[int]:
    """A process and all below it that have not ended."""
    children: dict[int, list[int]] = {}
    for other, parent, state in _processes():
        if state not in "ZX":
            children.setdefault(parent, []).append(other)
    alive = {other for found in children.values() for other in found}
    found, waiting = set[int](), [pid] if pid in alive else []
    while waiting:
        found.add(waiting[-1])
        waiting += children.get(waiting.pop(), [])
    return found


def marked(mark: str) -> set[int]:
    """Processes of this name."""
    return {pid for pid, _, state in _processes() if state not in "ZX" and _name(pid) == mark}


def resident_mb(pid: int) -> float:
    """Resident memory of a process; 0 when there is none."""
    try:
        pages = int((_PROC / str(pid) / "statm").read_text().split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return pages * resource.getpagesize() / 2**20


def _processes() -> Iterator[tuple[int, int, str]]:
    """Pid, parent's pid and state of every process."""
    for folder in _PROC.iterdir():
        if folder.name.isdecimal():
            try:
                rest = (folder / "stat").read_text().rpartition(") ")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            yield int(folder.name), int(rest[1]), rest[0]


def _name(pid: int) -> str:
    try:
        return (_PROC / str(pid) / "comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""

"""Limits, proved once: in a process, and on a machine where the proofs take long."""

from __future__ import annotations

import hashlib
import inspect
import json
import time
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

import evaluators
from evaluators.contract import Bound, Problem, Workload
from evaluators.errors import UsageError
from evaluators.identity import sha256_json
from evaluators.parameters import identifying
from evaluators.resources import state_folder
from evaluators.sources import source_digest

KEPT_S = 0.05  # what was proved sooner is proved again as soon as it would be read

Limits = Mapping[str, Bound]  # objective -> its limit


class ProvedLimits:
    """Takes the place of a problem's `limits`: every workload is asked about once.

    Proofs that took long are kept in the state folder, by workload, parameters and the code that
    proved them; where it cannot be written they only have to be made again.
    """

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._prove = problem.limits
        self._known: dict[str, Limits] = {}  # by the workload's digest

    def __call__(self, workload: Workload) -> Limits:
        if workload.digest not in self._known:
            self._known[workload.digest] = self._kept.get(workload.digest) or self._proved(workload)
        return self._known[workload.digest]

    def _proved(self, workload: Workload) -> Limits:
        began_s = time.monotonic()
        limits = self._prove(workload)
        if time.monotonic() - began_s >= KEPT_S:
            self._keep(workload.digest, limits)
        return limits

    def _keep(self, digest: str, limits: Limits) -> None:
        bounds = {name: [float(b.value), b.kind, b.proof] for name, b in limits.items()}
        line = json.dumps([digest, bounds]) + "\n"
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with self._file.open("a", encoding="utf-8") as file:
                file.write(line)  # in one write: lines of two processes do not mix
        except (OSError, UsageError):
            return  # no room or no home: nothing but time is lost

    @cached_property
    def _kept(self) -> Mapping[str, Limits]:
        try:
            lines = self._file.read_bytes().splitlines()
        except (OSError, UsageError):
            return {}
        return dict(_whole(lines))

    @cached_property
    def _file(self) -> Path:
        """Raises UsageError where there is no home folder."""
        made_by = [_code_digest(type(self._problem)), identifying(self._problem.parameters)]
        name = f"{self._problem.name}-{sha256_json(made_by)[:16]}.jsonl"
        return state_folder() / "limits" / name


def _whole(lines: list[bytes]) -> Iterator[tuple[str, Limits]]:
    """Those that can be read; one that was cut off is proved again."""
    for line in lines:
        try:
            digest, bounds = json.loads(line)
            yield digest, {name: Bound(*bound) for name, bound in bounds.items()}
        except (ValueError, TypeError, AttributeError):
            continue


def _code_digest(cls: type[Problem]) -> str:
    """Of all evaluators, and of the file that a problem stands in."""
    own = hashlib.sha256(Path(inspect.getfile(cls)).read_bytes()).hexdigest()
    return f"{source_digest(evaluators)} {own}"

"""What `doctor` looks at: this machine, an archive, one run, one problem."""

from __future__ import annotations

import os
import platform
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from archive.entry import failure_kinds
from archive.store.places import SCHEMES, store_at
from archive.store.spool import waiting
from evaluators.errors import UsageError
from evolve.cli.flags import archive_words
from evolve.cli.terminal import say
from evolve.cli.wording import figure, size
from evolve.versions import changed

if TYPE_CHECKING:
    from archive.entry import Entry
    from evaluators.calibration import Calibration
    from evaluators.contract import Problem
    from evolve.runs import Run

PACKAGES = ("adrs", "numpy", "scipy", "sqlalchemy", "moocore", "cma", "rich")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    subject: str
    text: str
    is_well: bool = True


def print_findings(findings: Sequence[Finding], as_json: bool) -> None:
    """One line each, or one JSON document."""
    from evolve.cli.documents import print_document

    if as_json:
        print_document([asdict(f) for f in findings])
        return
    for f in findings:
        say(f"{'ok  ' if f.is_well else 'BAD '} {f.subject:<10} {f.text}")


def machine_findings(archive: str) -> Iterator[Finding]:
    """Python, packages, protection, disk, and what waits for a server."""
    yield Finding("python", f"{platform.python_version()} on {platform.platform()}")
    yield Finding("packages", ", ".join(f"{name} {version(name)}" for name in PACKAGES))
    yield Finding("cpus", f"{os.cpu_count()}: one evaluator process each")
    yield _sandbox()
    if not archive.startswith(SCHEMES):
        yield _disk(archive)
    yield from _spools()


def _sandbox() -> Finding:
    from evaluators.execution.local import LocalExecutor
    from evaluators.registry import BUILT_IN, ProblemSpec

    try:
        executor = LocalExecutor(ProblemSpec(next(iter(BUILT_IN))), slots=1)
    except UsageError as error:
        return Finding("sandbox", f"{error.message}; {error.hint}", is_well=False)
    try:
        return Finding("sandbox", executor.sandbox.note)
    finally:
        executor.close()


def _spools() -> Iterator[Finding]:
    for kept in waiting():
        text = f"{kept.rows} rows of run {kept.run} in {kept.place} are kept in {kept.path}"
        if kept.is_refused:
            text += ": they do not fit it any more; move the file away when you have seen it"
        elif kept.is_held:
            text += " by a process that waits for the server"
        else:
            text += f": adrs resume {kept.run}{archive_words(kept.place)} hands them over"
        yield Finding("spool", text, is_well=kept.is_held and not kept.is_refused)


def _disk(archive: str) -> Finding:
    folder = Path(archive).resolve()
    # unlike Path.exists() it does not raise for a name that is too long
    existing = next(p for p in (folder, *folder.parents) if os.path.exists(p))  # noqa: PTH110
    free_bytes = shutil.disk_usage(existing).free
    is_writable = os.access(existing, os.W_OK)
    kind = "" if is_writable else ", not writable"
    return Finding("disk", f"{size(free_bytes)} free in {existing}{kind}", is_writable)


def archive_findings(archive: str) -> Iterator[Finding]:
    """Whether the archive answers; every run of it, opened and counted."""
    try:
        store = store_at(archive)
        names = store.names()
    except UsageError as error:
        yield Finding("archive", f"{error.message}; {error.hint}", is_well=False)
        return
    yield Finding("archive", f"{store.place}: {len(names)} runs")
    for name in names:
        yield from run_findings(archive, name)


def run_findings(archive: str, name: str) -> Iterator[Finding]:
    """Whether a journal reads, and says what its rows come to when judged again."""
    from evolve.runs import open_run

    try:
        run = open_run(archive, name)
        stopped = run.stopped  # first: what goes on has counted more when its counts are read
        entries = run.entries()
    except UsageError as error:
        yield Finding(name, f"{error.message}; {error.hint}", is_well=False)
        return
    yield Finding(name, f"{len(entries)} entries read, stopped: {stopped}")
    for row in run.damage():
        yield Finding(name, f"damaged: {row}", is_well=False)
    if stopped != "running" and run.failures() != failures_of(entries):
        yield Finding(name, "its failures are not those that it counted", is_well=False)
    if run.caution:
        yield Finding(name, run.caution)
    yield _decisions(run)


def _decisions(run: Run) -> Finding:
    """Another version may decide otherwise by right; this one may not."""
    wrong = misjudged(run)
    if not wrong:
        return Finding(run.name, "the front rebuilt from the journal is the one it decided on")
    numbers = ", ".join(map(str, wrong[:10]))
    difference = changed(dict(run.versions))
    by = f" by this version ({difference})" if difference else ""
    text = f"decisions differ when made again{by}: entries {numbers}"
    return Finding(run.name, text, is_well=bool(difference))


def failures_of(entries: Sequence[Entry]) -> Counter[str]:
    """How many entries failed of what, counted anew."""
    failed = (e.outcome for e in entries if e.decision == "failed")
    return Counter(kind for outcome in failed for kind in failure_kinds(outcome))


def misjudged(run: Run) -> list[int]:
    """The entries whose journalled decision is not what the rebuilt search front says."""
    from archive.constraint import parse_constraint
    from archive.front import Front

    constraints = [parse_constraint(t, run.scale.objectives) for t in run.settings.require]
    front = Front(run.objectives(), constraints, "search")
    return [
        e.number for e in run.entries() if e.is_valid and front.add(e) != (e.decision == "front")
    ]


def calibration_findings(problem: Problem, found: Calibration) -> Iterator[Finding]:
    """What equal policies differ by, objective by objective."""
    from evolve.noise_floors import state_file

    played = f"{found.pairs} pairs of {' and '.join(found.policies)}"
    for o in problem.objectives:
        if o.kind == "measured":
            floor = found.noise_floors[o.name]
            yield Finding(o.name, f"noise floor {floor:.2%}: the 95th percentile of {played}")
        elif o.name in found.unsteady:
            text = f"differs by up to {figure(found.unsteady[o.name])} between equals"
            yield Finding(o.name, f"{text}: the problem is not deterministic", is_well=False)
        else:
            yield Finding(o.name, f"exact: {played} came to the same on every workload")
    if found.noise_floors:
        yield Finding("kept", f"for adrs compare, in {state_file()}")

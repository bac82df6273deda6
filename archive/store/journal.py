"""The folder of a run: `runs/NAME/` with journal.sqlite, config.json and the writer's lock."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

from archive.entry import RunRecord
from archive.store.database import create_database
from archive.store.faults import storage_faults
from archive.store.lock import WriterLock, is_locked
from archive.store.sql import SqlJournal
from evaluators.errors import UsageError, nearest_hint

__all__ = [
    "SqlJournal",
    "create_run",
    "is_being_written",
    "open_aside",
    "open_journal",
    "run_names",
]

DATABASE, CONFIGURATION, LOCK = "journal.sqlite", "config.json", "lock"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def create_run(root: Path, record: RunRecord) -> SqlJournal:
    """A new run's journal, open for writing.

    The folder appears under its name when all of it is written: a crash leaves no half run.

    Raises:
        UsageError: the name is no folder's name, the run exists, or the disk refuses.
    """
    folder = root / _checked(record.name)
    with storage_faults(folder):
        if folder.exists():
            raise _exists(folder)
        draft = root / f".{record.name}.{os.getpid()}"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        try:
            _write_configuration(draft / CONFIGURATION, record)
            create_database(draft / DATABASE, record)
            _rename(draft, folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return open_journal(root, record.name, write=True)


def open_journal(root: Path, name: str, write: bool = False) -> SqlJournal:
    """An existing run's journal; one writer at a time, readers at any time.

    Raises:
        UsageError: no such run, somebody else writes, a newer schema, damage, a locked or
            read-only database.
    """
    database = root / _checked(name) / DATABASE
    with storage_faults(database):
        _check_there(database)
        lock = WriterLock(database.parent / LOCK) if write else None
        try:
            return SqlJournal(database, lock)
        except BaseException:
            if lock is not None:
                lock.release()
            raise


def open_aside(root: Path, name: str) -> SqlJournal:
    """An existing run's journal to leave messages in, whoever writes it. Raises as above."""
    database = root / _checked(name) / DATABASE
    with storage_faults(database):
        _check_there(database)
        return SqlJournal(database, None, aside=True)


def run_names(root: Path) -> list[str]:
    """The names of the runs in an archive, sorted."""
    return sorted(p.parent.name for p in root.glob(f"[!.]*/{DATABASE}"))


def is_being_written(root: Path, name: str) -> bool:
    """Whether a writer holds the run at this moment."""
    return is_locked(root / name / LOCK)


def _check_there(database: Path) -> None:
    if not database.is_file():
        root, name = database.parent.parent, database.parent.name
        raise UsageError(f"no run {name!r} in {root}", nearest_hint(name, run_names(root)))


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name for a run", "use letters, digits, '.', '_' and '-'")
    return name


def _exists(folder: Path) -> UsageError:
    return UsageError(
        f"run {folder.name!r} exists in {folder.parent}",
        f"continue it with `adrs resume {folder.name}`, or give another --name",
    )


def _rename(draft: Path, folder: Path) -> None:
    try:
        draft.rename(folder)
    except OSError as error:
        if folder.exists():  # somebody else was faster
            raise _exists(folder) from error
        raise
    parent = os.open(folder.parent, os.O_RDONLY)
    os.fsync(parent)  # else a power cut could take the name back, with all that is in it
    os.close(parent)


def _write_configuration(path: Path, record: RunRecord) -> None:
    data = {
        "name": record.name,
        "started_at": record.started_at,
        "configuration": dict(record.configuration),
        "versions": dict(record.versions),
    }
    path.write_text(json.dumps(data, indent=2, sort_keys=True) + "\n", encoding="utf-8")

"""A folder of runs: `runs/NAME/` with journal.sqlite, config.json and the writer's lock."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from archive.entry import RunRecord
from archive.store.faults import storage_faults
from archive.store.lock import WriterLock, is_locked
from archive.store.names import checked_name, is_name, no_run
from archive.store.sql import SqlJournal
from archive.store.sqlite import SqliteDatabase, create_database
from archive.store.store import RunExistsError

DATABASE, CONFIGURATION, LOCK = "journal.sqlite", "config.json", "lock"


class FolderStore:
    """`archive.store.store.Store` in a folder. A run's name is that of its folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def place(self) -> str:
        return str(self.root)

    def names(self) -> list[str]:
        with storage_faults(self.root):
            folders = (p.parent.name for p in self.root.glob(f"[!.]*/{DATABASE}"))
            return sorted(name for name in folders if is_name(name))  # a copy of one is no run

    def create(self, record: RunRecord) -> SqlJournal:
        """The folder appears under its name when all of it is written."""
        folder = self.root / checked_name(record.name)
        with storage_faults(folder):
            if folder.exists():
                raise RunExistsError(record.name, self.place)
            draft = self._hidden(record.name)
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir(parents=True)
            try:
                _write_configuration(draft / CONFIGURATION, record)
                create_database(draft / DATABASE, record)
                self._move(draft, folder)
            finally:
                shutil.rmtree(draft, ignore_errors=True)
        return self.open(record.name, write=True)

    def open(self, name: str, write: bool = False) -> SqlJournal:
        path = self._database(name)
        with storage_faults(path):
            lock = WriterLock(path.parent / LOCK) if write else None
            try:
                return SqlJournal(SqliteDatabase(path, lock), name)
            except BaseException:
                if lock is not None:
                    lock.release()
                raise

    def open_aside(self, name: str) -> SqlJournal:
        path = self._database(name)
        with storage_faults(path):
            return SqlJournal(SqliteDatabase(path, None, aside=True), name)

    def is_being_written(self, name: str) -> bool:
        return is_locked(self._database(name).parent / LOCK)

    def size_bytes(self, name: str) -> int:
        folder = self._database(name).parent
        with storage_faults(folder):
            return sum(f.stat().st_size for f in folder.iterdir())

    def rename(self, old: str, new: str) -> None:
        with self._unwritten(old) as folder:
            to = self.root / checked_name(new)
            if to.exists():
                raise RunExistsError(new, self.place)
            self._move(folder, to)
            with self.open(new) as journal:
                _write_configuration(to / CONFIGURATION, journal.record)

    def remove(self, name: str) -> None:
        with self._unwritten(name) as folder:
            hidden = self._hidden(name)
            self._move(folder, hidden)
            shutil.rmtree(hidden)

    @contextmanager
    def _unwritten(self, name: str) -> Iterator[Path]:
        """The folder of a run that nobody writes meanwhile."""
        folder = self._database(name).parent
        with storage_faults(folder):
            lock = WriterLock(folder / LOCK)
            try:
                yield folder
            finally:
                lock.release()

    def _database(self, name: str) -> Path:
        path = self.root / checked_name(name) / DATABASE
        with storage_faults(path):
            if not path.is_file():
                raise no_run(name, self.place, self.names())
        return path

    def _hidden(self, name: str) -> Path:
        return self.root / f".{name}.{os.getpid()}"

    def _move(self, folder: Path, to: Path) -> None:
        try:
            folder.rename(to)
        except OSError as error:
            if to.exists():  # somebody else was faster
                raise RunExistsError(to.name, self.place) from error
            raise
        root = os.open(self.root, os.O_RDONLY)
        os.fsync(root)  # else a power cut could take the name back, with all that is in it
        os.close(root)


def _write_configuration(path: Path, record: RunRecord) -> None:
    data = {
        "name": record.name,
        "started_at": record.started_at,
        "configuration": dict(record.configuration),
        "versions": dict(record.versions),
    }
    path.write_text(json.dumps(data, indent=2, sort_keys=True) + "\n", encoding="utf-8")

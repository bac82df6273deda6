"""A disk of the server that is full, for real: a file system in memory with room for little."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from archive.store.places import store_at
from archive.store.spool import waiting
from archive.testing import RECORD, bits, evaluation, proposal
from tests.archive.store.test_faults import refused
from tests.postgres import OWNER, Server

NAME = RECORD.name
SIZE = "24m"


@pytest.fixture
def tiny_disk(postgres: Server) -> Iterator[Path]:
    """Of the server's user, and full soon."""
    if os.geteuid() != 0:
        pytest.skip("needs a small file system: only root may mount one")
    folder = postgres.folder / "tiny"
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
    mounted = subprocess.run(words, check=False, capture_output=True, text=True)
    if mounted.returncode != 0:
        pytest.skip(f"needs a small file system: {mounted.stderr.strip()}")
    try:
        shutil.chown(folder, postgres.data.owner(), postgres.data.group())
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)
        folder.rmdir()


@pytest.fixture
def url(postgres: Server, tiny_disk: Path) -> Iterator[str]:
    """Of a database on that disk."""
    postgres.execute(f"CREATE TABLESPACE tiny LOCATION '{tiny_disk}'")
    postgres.execute(f"CREATE DATABASE full_soon OWNER {OWNER} TABLESPACE tiny")
    yield postgres.url("full_soon")
    postgres.execute("DROP DATABASE full_soon WITH (FORCE)")
    postgres.execute("DROP TABLESPACE tiny")


def fill(postgres: Server) -> None:
    """Leave no page free."""
    postgres.execute("CREATE TABLE filler (text text)", "full_soon")
    rows = "SELECT repeat(md5(i::text), 30) FROM generate_series(1, 2000) i"

    def insert_for_ever() -> None:
        while True:
            postgres.execute(f"INSERT INTO filler {rows}", "full_soon")

    with pytest.raises(psycopg.errors.DiskFull):
        insert_for_ever()


def test_a_full_disk_of_the_server_loses_nothing(postgres, url, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    store = store_at(url)
    with store.create(RECORD) as journal:
        journal.when_away(lambda reason: None)
        fill(postgres)
        written = 0

        def write_on() -> None:
            nonlocal written
            for number in range(1, 1000):
                journal.add_proposal(proposal(number, "x = 1\n" * number))
                journal.add_evaluation(evaluation(proposal(number).digest))
                written = number

        assert "no space left on the disk of postgresql://" in refused(write_on).message
        assert [w.rows for w in waiting()] == [1]  # what the server did not take
    with store.open(NAME) as journal:
        assert written <= len(journal.proposals()) <= written + 1
    assert "no space left" in refused(store.open, NAME, write=True).message
    assert [w.rows for w in waiting()] == [1]
    postgres.execute("DROP TABLE filler", "full_soon")
    with store.open(NAME, write=True) as journal:
        assert [p.number for p in journal.proposals()] == list(range(1, written + 2))
        played = [evaluation(proposal(n).digest) for n in range(1, written + 2)]
        assert bits(journal.evaluations()) == bits(played[: len(journal.evaluations())])
        assert len(journal.evaluations()) >= written
    assert not list(waiting())

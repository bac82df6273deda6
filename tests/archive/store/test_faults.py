"""Disks and databases that fail: two lines for the user, and nothing found is lost."""

import fcntl
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from archive.store import lock
from archive.store import sqlite as sqlite_module
from archive.store.places import store_at
from archive.testing import RECORD, evaluation, proposal
from evaluators.errors import UsageError

NAME = RECORD.name


def filled(root, count=40):
    """A run with `count` evaluated proposals; its database file."""
    with store_at(root).create(RECORD) as journal:
        for number in range(1, count + 1):
            journal.add_proposal(proposal(number))
            journal.add_evaluation(evaluation(proposal(number).digest))
    return root / NAME / "journal.sqlite"


def refused(call, *args, **kwargs):
    with pytest.raises(UsageError) as error:
        call(*args, **kwargs)
    assert error.value.hint
    assert "\n" not in error.value.message + error.value.hint
    return error.value


def test_a_run_that_exists_is_named_and_kept(tmp_path):
    filled(tmp_path)
    error = refused(store_at(tmp_path).create, RECORD)
    assert "'r1' exists" in error.message
    assert "adrs resume r1" in error.hint
    with store_at(tmp_path).open(NAME) as journal:
        assert len(journal.proposals()) == 40
    assert store_at(tmp_path).names() == [NAME]


def test_a_foreign_folder_of_that_name_is_not_touched(tmp_path):
    (tmp_path / NAME).mkdir()
    (tmp_path / NAME / "thesis.txt").write_text("mine")
    refused(store_at(tmp_path).create, RECORD)
    assert (tmp_path / NAME / "thesis.txt").read_text() == "mine"
    assert store_at(tmp_path).names() == []


def test_an_unknown_run_gets_the_nearest_name(tmp_path):
    filled(tmp_path)
    assert refused(store_at(tmp_path).open, "r11").hint == "did you mean 'r1'?"
    assert refused(store_at(tmp_path / "nowhere").open, NAME).hint == "none is known"


@pytest.mark.parametrize("name", ["", "../r1", "a/b", ".hidden", "a b"])
def test_a_name_that_is_no_folder_is_refused(tmp_path, name):
    assert "no name for a run" in refused(store_at(tmp_path).open, name).message


def test_the_effective_configuration_is_beside_the_journal(tmp_path):
    filled(tmp_path, 1)
    written = json.loads((tmp_path / NAME / "config.json").read_text())
    assert written["configuration"] == RECORD.configuration
    assert written["versions"] == RECORD.versions


def test_a_renamed_run_is_renamed_beside_its_journal_too(tmp_path):
    filled(tmp_path, 1)
    store_at(tmp_path).rename(NAME, "other")
    written = json.loads((tmp_path / "other" / "config.json").read_text())
    assert (written["name"], written["configuration"]) == ("other", RECORD.configuration)


def test_a_newer_schema_is_refused_and_left_alone(tmp_path):
    database = filled(tmp_path)
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = database.read_bytes()
    for write in (False, True):
        error = refused(store_at(tmp_path).open, NAME, write)
        assert "schema 99" in error.message
        assert "upgrade" in error.hint
    assert not store_at(tmp_path).is_being_written(NAME)
    assert database.read_bytes() == before


def test_a_half_migrated_journal_is_said(tmp_path):
    database = filled(tmp_path, 2)
    with sqlite3.connect(database) as connection:
        connection.execute("ALTER TABLE ask RENAME TO asked")
    connection.close()
    with store_at(tmp_path).open(NAME, write=True) as journal:
        assert "half migrated (no such table: ask)" in refused(journal.proposals).message
        assert "half migrated" in refused(journal.add_proposal, proposal(3)).message
        assert len(journal.evaluations()) == 2


def test_a_database_of_something_else_is_no_journal(tmp_path):
    (tmp_path / NAME).mkdir()
    connection = sqlite3.connect(tmp_path / NAME / "journal.sqlite")
    connection.execute("CREATE TABLE music (title)")
    connection.commit()
    connection.close()
    assert "no journal of adrs" in refused(store_at(tmp_path).open, NAME).message


def test_bytes_that_are_no_database_are_damage(tmp_path):
    database = filled(tmp_path)
    database.write_bytes(b"not a database at all" * 500)
    error = refused(store_at(tmp_path).open, NAME, write=True)
    assert "no journal that can be read" in error.message
    assert "config.json" in error.hint
    assert database.read_bytes() == b"not a database at all" * 500


def test_damaged_pages_are_said_with_what_can_still_be_read(tmp_path):
    database = filled(tmp_path, 300)
    whole = database.read_bytes()
    page = int.from_bytes(whole[16:18], "big")
    middle = len(whole) // page // 2
    spoilt = whole[: middle * page] + b"\xff" * (len(whole) - middle * page)
    database.write_bytes(spoilt)
    with store_at(tmp_path).open(NAME) as journal:
        error = refused(lambda: (journal.proposals(), journal.evaluations()))
    assert "damaged; still readable: 1 run rows" in error.message
    assert ".recover" in error.hint
    assert database.read_bytes() == spoilt


def test_a_damaged_row_is_named_and_the_rest_is_read(tmp_path):
    database = filled(tmp_path, 3)
    connection = sqlite3.connect(database)
    connection.execute("UPDATE candidate SET files = x'00112233' WHERE rowid = 2")
    connection.commit()
    connection.close()
    with store_at(tmp_path).open(NAME) as journal:
        assert [p.number for p in journal.proposals()] == [1, 3]
        assert journal.damage == ["proposal 2"]
        assert len(journal.evaluations()) == 3
    with store_at(tmp_path).open(NAME, write=True) as journal:
        assert "proposal 2 is damaged" in refused(journal.proposals).message


def test_a_full_disk_loses_nothing(tmp_path):
    with store_at(tmp_path).create(RECORD) as journal:
        connection = journal._database._connection
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 20}")
        connection.commit()
        written = 0

        def write_on():
            nonlocal written
            for number in range(1, 1000):
                journal.add_proposal(proposal(number, "x = 1\n" * number))
                written = number

        assert "no space left" in refused(write_on).message
        assert 1 <= written < 999
        assert len(journal.proposals()) == written
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
        connection.commit()
        journal.add_proposal(proposal(written + 1))  # space was made
    with store_at(tmp_path).open(NAME) as journal:
        assert [p.number for p in journal.proposals()] == list(range(1, written + 2))


def test_a_limit_on_file_size_is_a_full_disk_when_a_run_is_made(tmp_path):
    program = f"""
import resource
from pathlib import Path
from archive.store.places import store_at
from archive.testing import RECORD
from evaluators.errors import UsageError
resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))
try:
    store_at(Path({str(tmp_path)!r})).create(RECORD)
except UsageError as error:
    print(error.message)
"""
    done = run_python(program)
    assert "no space left" in done.stdout or "the disk fails" in done.stdout, done
    assert list(tmp_path.iterdir()) == []


def test_a_database_locked_by_another_program_is_said(tmp_path, monkeypatch):
    database = filled(tmp_path, 2)
    monkeypatch.setattr(sqlite_module, "BUSY_TIMEOUT_S", 0.01)
    other = sqlite3.connect(database, isolation_level=None)
    with store_at(tmp_path).open(NAME, write=True) as journal:
        other.execute("BEGIN IMMEDIATE")
        assert "locked by another program" in refused(journal.add_proposal, proposal(3)).message
        other.execute("ROLLBACK")
        journal.add_proposal(proposal(3))
        assert len(journal.proposals()) == 3
    other.close()


def test_the_writer_is_named(tmp_path):
    with store_at(tmp_path).create(RECORD):
        assert store_at(tmp_path).is_being_written(NAME)
        error = refused(store_at(tmp_path).open, NAME, write=True)
        assert f"process {os.getpid()} on " in error.message
        assert " since 20" in error.message
    assert not store_at(tmp_path).is_being_written(NAME)


def test_who_looks_whether_it_is_written_keeps_no_writer_out(tmp_path, monkeypatch):
    looks = os.open(filled(tmp_path).parent / "lock", os.O_RDONLY)
    fcntl.flock(looks, fcntl.LOCK_SH)
    monkeypatch.setattr(lock.time, "sleep", lambda _: os.close(looks))
    store_at(tmp_path).open(NAME, write=True).close()


def as_nobody(program):
    """Run a program that first gives up root, for whom every folder is writable."""
    return run_python(
        "import os\nif os.geteuid() == 0: os.setresuid(65534, 65534, 65534)\n", program
    )


def run_python(*programs):
    imports = "from pathlib import Path\nfrom archive.store.places import store_at\n"
    imports += "from archive.testing import *\nfrom evaluators.errors import UsageError\n"
    imports += "import archive.store.folder, encodings.idna, tempfile\n"
    imports += "import sqlalchemy.dialects.sqlite.pysqlite\n"
    done = subprocess.run(
        [sys.executable, "-c", imports + "".join(programs)],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[3],
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture
def read_only():
    """An archive with a finished run in folders that nobody may write."""
    with tempfile.TemporaryDirectory() as name:  # pytest's own folder is closed to other users
        root = Path(name)
        filled(root, 5)
        for file in (root / NAME).iterdir():
            file.chmod(0o444)
        for folder in (root, root / NAME):
            folder.chmod(0o555)
        yield root
        for folder in (root, root / NAME):
            folder.chmod(0o755)


def test_a_read_only_archive_can_be_read_but_not_written(read_only):
    program = f"""
root = Path({str(read_only)!r})
with store_at(root).open({NAME!r}) as journal:
    print(len(journal.proposals()), "proposals")
for attempt in (
    lambda: store_at(root).open({NAME!r}, write=True),
    lambda: store_at(root).create(RunRecord("r2", {{}}, {{}}, "")),
):
    try:
        attempt()
    except UsageError as error:
        print(error.message)
"""
    lines = as_nobody(program).stdout.splitlines()
    assert lines[0] == "5 proposals"
    assert len(lines) == 3
    assert all(line.endswith("cannot be written") for line in lines[1:])


def test_a_writer_that_has_not_written_its_name_yet_is_named(tmp_path):
    filled(tmp_path, 1)
    with store_at(tmp_path).open(NAME, write=True):
        lock = tmp_path / NAME / "lock"
        name = lock.read_text()
        lock.write_text("")
        later = threading.Timer(0.1, lock.write_text, [name])
        later.start()
        assert name in refused(store_at(tmp_path).open, NAME, write=True).message
        later.join()

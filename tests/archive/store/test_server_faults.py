"""Servers that refuse, go away and come back: two lines for the user, and nothing is lost."""

import threading

import psycopg
import pytest

from archive.store.models import SCHEMA_VERSION
from archive.store.places import store_at
from archive.store.spool import waiting
from archive.testing import RECORD, proposal
from tests.archive.store.test_faults import refused

NAME = RECORD.name
SECRET = "s3cr3t"


@pytest.fixture
def locked_role(postgres):
    """The URL of a user that needs a password, without it."""
    postgres.execute(f"CREATE ROLE locked LOGIN PASSWORD '{SECRET}'")
    yield postgres.url(user="locked")
    postgres.execute("DROP OWNED BY locked; DROP ROLE locked")


def test_a_wrong_password_is_not_shown(locked_role, monkeypatch):
    wrong = locked_role.replace("locked@", f"locked:not-{SECRET}@")
    error = refused(store_at(wrong).names)
    assert "password authentication failed" in error.message
    assert "PGPASSWORD" in error.hint
    assert SECRET not in f"{error.message} {error.hint}"
    monkeypatch.setenv("PGPASSWORD", SECRET)
    assert store_at(locked_role).names() == []


def test_the_right_password_is_kept_nowhere(postgres, locked_role):
    with postgres.database("kept", "locked"):
        store = store_at(postgres.url("kept", f"locked:{SECRET}"))
        store.create(RECORD).close()
        assert SECRET not in store.place
        error = refused(store.create, RECORD)
        assert SECRET not in f"{error.message} {error.hint}"


@pytest.fixture(params=["PGPASSWORD", "PGPASSFILE", "~/.pgpass"])
def password_outside(request, tmp_path, monkeypatch):
    """The password, in one of the places where PostgreSQL's client looks for it."""
    for name in ("PGPASSWORD", "PGPASSFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    file = tmp_path / ("elsewhere" if request.param == "PGPASSFILE" else ".pgpass")
    if request.param == "PGPASSWORD":
        monkeypatch.setenv("PGPASSWORD", SECRET)
        return
    file.touch(mode=0o600)
    file.write_text(f"*:*:*:locked:{SECRET}\n")
    if request.param == "PGPASSFILE":
        monkeypatch.setenv("PGPASSFILE", str(file))


def test_a_password_that_is_not_in_the_url_is_used_and_never_shown(
    postgres, locked_role, password_outside, tmp_path, monkeypatch
):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with postgres.database("kept", "locked"):
        store = store_at(postgres.url("kept", "locked"))
        shown = [store.place]
        with store.create(RECORD) as journal:
            errors = refused(store.create, RECORD), refused(store.open, NAME, write=True)
            shown += [f"{error.message} {error.hint}" for error in errors]
            journal.when_away(shown.append)
            postgres.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'locked'"
            )
            journal.add_proposal(proposal(1))
            journal.add_note("note", {}, "t")
            shown += [w.path.read_text() for w in waiting()]
            assert len(journal.proposals()) == 1  # connected again
        tables = ("run", "proposal", "note", "pg_stat_activity")
        shown += [str(postgres.execute(f"SELECT * FROM {table}", "kept")) for table in tables]
        assert sum("locked@/kept" in text for text in shown) >= 3
        assert not any(SECRET in text for text in shown)


def test_an_unknown_database_user_or_host_is_said(postgres):
    error = refused(store_at(postgres.url("nowhere")).names)
    assert 'database "nowhere" does not exist' in error.message
    assert "createdb" in error.hint
    error = refused(store_at(postgres.url(user="nobody_here")).names)
    assert 'role "nobody_here" does not exist' in error.message
    error = refused(store_at(f"postgresql:///x?host={postgres.folder}/none").names)
    assert "No such file or directory" in error.message
    assert "whether the server runs" in error.hint


def test_a_newer_schema_is_refused_and_left_alone(postgres, filled, url):
    change = "UPDATE alembic_version SET version_num = '99'"
    postgres.execute(change, database="runs")
    try:
        for act in (store_at(url).names, lambda: filled.open(NAME, write=True)):
            error = refused(act)
            assert "schema 99" in error.message
            assert "upgrade" in error.hint
    finally:
        postgres.execute(change.replace("99", str(SCHEMA_VERSION)), database="runs")
    assert len(filled.open(NAME).proposals()) == 3


def test_a_database_of_something_else_is_left_alone(postgres):
    store = store_at(postgres.url())
    assert store.names() == []
    assert "no run 'r1'" in refused(store.open, NAME).message


def test_a_half_migrated_database_is_said(postgres):
    with postgres.database("half") as url:
        store = store_at(url)
        store.create(RECORD).close()
        postgres.execute("ALTER TABLE ask RENAME TO asked", database="half")
        with store.open(NAME, write=True) as journal:
            assert "half migrated" in refused(journal.proposals).message
            assert "half migrated" in refused(journal.add_proposal, proposal(1)).message
            postgres.execute("ALTER TABLE asked RENAME TO ask", database="half")
            assert journal.proposals() == []


def test_who_may_not_write_is_told(postgres, url):
    postgres.execute("CREATE ROLE guest LOGIN")
    error = refused(store_at(postgres.url("runs", "guest")).names)
    assert "permission denied" in error.message
    postgres.execute("DROP ROLE guest")
    read_only = f"{url}&options=-cdefault_transaction_read_only%3Don"
    assert store_at(read_only).names() == []
    assert "cannot be written" in refused(store_at(read_only).create, RECORD).message


def test_a_damaged_row_is_named_and_the_rest_is_read(postgres, filled):
    damage = f"UPDATE candidate SET files = '\\x0011' WHERE digest = '{proposal(2).digest}'"
    postgres.execute(damage, database="runs")
    with filled.open(NAME) as journal:
        assert [p.number for p in journal.proposals()] == [1, 3]
        assert journal.damage == ["proposal 2"]
        assert len(journal.evaluations()) == 3
    with filled.open(NAME, write=True) as journal:
        assert "proposal 2 is damaged" in refused(journal.proposals).message


def test_a_table_that_another_program_holds_is_said(postgres, url, filled):
    impatient = store_at(f"{url}&options=-clock_timeout%3D10ms")
    with (
        impatient.open(NAME, write=True) as journal,
        psycopg.connect(postgres.url("runs")) as other,
    ):
        other.execute("LOCK TABLE proposal")
        assert "locked by another program" in refused(journal.add_proposal, proposal(4)).message
        other.rollback()
        journal.add_proposal(proposal(4))
        assert len(journal.proposals()) == 4


def test_many_leave_messages_at_once_and_none_is_overlooked(filled):
    """A reader that goes by ids must not see a greater one before a smaller one."""
    reader = filled.open(NAME)
    seen: list[int] = []

    def leave():
        with filled.open_aside(NAME) as journal:
            for i in range(10):
                journal.add_message("hint", {"i": i}, "t")

    threads = [threading.Thread(target=leave) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(t.is_alive() for t in threads):
        seen += [m.id for m in reader.messages(after=max(seen, default=0))]
    seen += [m.id for m in reader.messages(after=max(seen, default=0))]
    reader.close()
    assert len(seen) == len(set(seen)) == 40

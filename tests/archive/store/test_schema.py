"""Schemas: what the revisions make of an old journal is what a new one has."""

import sqlite3
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect

from archive.store.migrations.versions import v1_journal
from archive.store.models import SCHEMA_VERSION
from archive.store.places import store_at
from archive.store.rows import candidate_row, evaluation_row, proposal_row, run_row
from archive.store.schema import create_schema, schema_of, upgrade_schema
from archive.store.sqlite import begin, connect
from archive.testing import RECORD, bits, call, evaluation, proposal
from evaluators.contract import Failure

FIRST_SCHEMA = Path(__file__).with_name("first_schema.sql")


def described(connection):
    """Every table with its columns, keys, indexes and constraints."""
    about = inspect(connection)
    return {
        name: [
            [(c["name"], str(c["type"]), c["nullable"]) for c in about.get_columns(name)],
            about.get_pk_constraint(name)["constrained_columns"],
            sorted(str(f["constrained_columns"]) for f in about.get_foreign_keys(name)),
            sorted(str(u["column_names"]) for u in about.get_unique_constraints(name)),
            sorted(str(i["column_names"]) for i in about.get_indexes(name)),
        ]
        for name in about.get_table_names()
    }


def new_schema(connection):
    create_schema(connection)
    return described(connection)


def test_an_old_sqlite_journal_gets_the_schema_of_a_new_one(tmp_path):
    old = first_journal(tmp_path)
    with connect(tmp_path / "new.sqlite", "rwc") as connection, connection.begin():
        begin(connection, write=True)
        expected = new_schema(connection)
    with connect(old, "rw") as connection, connection.begin():
        begin(connection, write=True)
        assert upgrade_schema(connection, 1) == schema_of(connection) == SCHEMA_VERSION
        assert described(connection) == expected


def test_the_revisions_make_the_same_in_postgresql(postgres):
    with postgres.database("made") as url, engine_of(url).begin() as connection:
        expected = new_schema(connection)
    with postgres.database("revised") as url, engine_of(url).begin() as connection:
        upgrade_schema(connection, 0)
        assert schema_of(connection) == SCHEMA_VERSION
        assert described(connection) == expected


def engine_of(url):
    return create_engine(url.replace("postgresql:", "postgresql+psycopg:"))


def first_journal(root):
    """A journal as the first version of adrs left it, with one played proposal; its database."""
    (root / RECORD.name).mkdir(parents=True)
    path = root / RECORD.name / "journal.sqlite"
    with sqlite3.connect(path) as connection:
        connection.executescript(FIRST_SCHEMA.read_text())
    connection.close()
    fill_by_hand(path)
    return path


def fill_by_hand(path):
    rows = {
        "run": run_row(RECORD) | {"id": 1},
        "candidate": candidate_row(proposal(1)) | {"run_id": 1},
        "proposal": proposal_row(proposal(1)) | {"run_id": 1},
        "evaluation": evaluation_row(played()) | {"run_id": 1},
    }
    with sqlite3.connect(path) as connection:
        for table, row in rows.items():
            marks = ", ".join("?" * len(row))
            columns = ", ".join(row)
            connection.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", [*row.values()])
    connection.close()


def played():
    return evaluation(proposal(1).digest, Failure("syntax", "line 1"))


def test_an_old_journal_is_read_as_it_is_and_upgraded_by_its_writer(tmp_path):
    path = first_journal(tmp_path)
    before = path.read_bytes()
    with store_at(tmp_path).open(RECORD.name) as journal:
        assert journal.proposals() == [proposal(1)]
        assert bits(journal.evaluations()) == bits([played()])
        assert journal.calls() == journal.call_ends() == journal.messages() == []
    assert path.read_bytes() == before
    for writes in range(1, 3):
        with store_at(tmp_path).open(RECORD.name, write=True) as journal:
            assert journal.record == RECORD
            journal.add_call(call(writes))
            assert [c.id for c in journal.calls()] == list(range(1, writes + 1))
            assert journal.proposals() == [proposal(1)]


def test_an_upgrade_that_fails_leaves_the_journal_as_it_was(tmp_path, monkeypatch):
    path = first_journal(tmp_path)
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE message (unrelated)")  # in the third revision's way
    connection.close()
    with pytest.raises(Exception, match="message"):
        store_at(tmp_path).open(RECORD.name, write=True)
    with sqlite3.connect(path) as connection:
        names = {n for (n,) in connection.execute("SELECT name FROM sqlite_master")}
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    connection.close()
    assert not names & {"ask", "model_call", "alembic_version"}
    assert not store_at(tmp_path).is_being_written(RECORD.name)


def test_the_newest_revision_is_the_programs_schema():
    folder = Path(v1_journal.__file__).parents[1]
    assert ScriptDirectory(str(folder)).get_current_head() == str(SCHEMA_VERSION)

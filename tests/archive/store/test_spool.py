"""Files of rows: private, whole up to where a kill cut them, and one process's at a time."""

import resource
import stat
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.store.spool import Spools, spool_folder, waiting, whole_lines
from archive.store.texts import line, line_of
from archive.testing import call, call_end, evaluation, proposal
from evaluators.errors import UsageError
from tests.archive.store.test_faults import refused

ROWS = [line_of(row) for row in (proposal(1), evaluation(proposal(1).digest), call(1), call_end(1))]


@pytest.fixture(autouse=True)
def own_state(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def spools(run_id=1):
    return Spools("postgresql://me@host/db", "r1", run_id, "2026-01-01")


@given(texts=st.lists(st.text(max_size=20), max_size=5), data=st.data())
def test_any_prefix_of_its_bytes_is_a_prefix_of_its_rows(texts, data):
    lines = [*ROWS, *(line("note", ["stop", {"text": text}, "t"]) for text in texts)]
    whole = "".join(lines).encode()
    cut = data.draw(st.integers(0, len(whole)))
    found = whole_lines(whole[:cut])
    assert found == lines[: len(found)]
    assert len("".join(found)) <= cut
    assert found == lines or cut < len("".join(lines[: len(found) + 1]))


def test_rows_come_back_and_the_file_is_private_and_goes():
    spool = spools().begin()
    for row in ROWS:
        spool.append(row)
    assert spool.rows() == ROWS
    assert stat.S_IMODE(spool.path.stat().st_mode) == 0o600
    spool.remove()
    assert list(spool_folder().iterdir()) == []


def test_what_a_process_left_is_found_once_it_has_ended():
    spool = spools().begin()
    spool.append(ROWS[0])
    with pytest.raises(UsageError, match=r"being written by process [0-9]+ on .*, which waits"):
        spools().left().__enter__()
    (found,) = waiting()
    assert (found.run, found.rows, found.is_held, found.is_refused) == ("r1", 1, True, False)
    spool.close()
    with spools().left() as left, spools(run_id=2).left() as others:
        assert [s.rows() for s in left] == [ROWS[:1]]
        assert others == []
    (found,) = waiting()
    assert not found.is_held


def test_what_was_refused_is_kept_and_handed_over_no_more():
    for row in ROWS:
        spool = spools().begin()
        spool.append(row)
        spool.refuse()
        spool.close()
    with spools().left() as left:
        assert left == []
    assert [(w.rows, w.is_refused) for w in waiting()] == [(1, True)] * len(ROWS)


def test_a_kill_while_a_file_is_made_leaves_nothing_in_the_way():
    spool = spools().begin()
    spool.move(spool.path.with_name("." + spool.path.name.partition(".")[0]))
    spool.close()
    assert list(waiting()) == []
    again = spools().begin()
    again.append(ROWS[0])
    assert again.rows() == ROWS[:1]
    assert [w.rows for w in waiting()] == [1]


def test_a_full_disk_is_said_and_what_was_kept_stays():
    spool = spools().begin()
    spool.append(ROWS[0])
    with largest_file(spool.path.stat().st_size + 10):
        assert "no space left" in refused(spool.append, ROWS[1]).message
    spool.append(ROWS[2])
    assert spool.rows() == [ROWS[0], ROWS[2]]


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "adrs").write_text("")
    assert "cannot be written" in refused(spools().begin).message


def test_without_a_home_there_is_no_place(monkeypatch):
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr("pwd.getpwuid", {}.__getitem__)
    assert "XDG_STATE_HOME" in refused(spools().begin).hint


@contextmanager
def largest_file(size_bytes):
    """A limit on the size of files, as a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

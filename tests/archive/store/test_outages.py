"""Servers that go away and come back: what is added meanwhile is on this machine's disk."""

import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg
import pytest

from archive.entry import Commit
from archive.store.models import CallEndRow, CallRow
from archive.store.places import store_at
from archive.store.postgres import _TAKE, _WRITER
from archive.store.spool import waiting
from archive.testing import RECORD, bits, call, call_end, evaluation, proposal
from evaluators.contract import Failure
from tests.archive.store.test_faults import refused
from tests.conftest import IS_SOAK

NAME = RECORD.name


@pytest.fixture(autouse=True)
def own_state(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def quietly(reason):
    """Wait."""


def catch_up(journal):
    while not journal.catch_up():
        time.sleep(0.02)


def held_back(journal):
    """The event that lets it connect again."""
    event, connect = threading.Event(), journal._server.reconnected
    journal._server.reconnected = lambda: event.wait() and connect()
    return event


def lose_sessions(postgres):
    postgres.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = 'runs' AND pid != pg_backend_pid()"
    )


@pytest.mark.parametrize("end", ["stop_at_once", "kill"])
def test_what_is_added_while_the_server_is_away_is_handed_over(postgres, filled, end):
    said: list[str] = []
    with filled.open(NAME, write=True) as journal:
        journal.when_away(said.append)
        getattr(postgres, end)()
        assert journal.messages() == []  # nobody waits for these
        assert not list(waiting())
        journal.add_evaluation(evaluation(proposal(1).digest, repeat=1))
        journal.add_proposal(proposal(4))
        for note in ("one", "two"):
            journal.add_note("note", {"text": note}, "t")
        journal.add_commit(Commit(1, 1, "front"))
        journal.add_call(call(1))
        journal.add_call_end(call_end(1))
        assert not journal.catch_up()
        (kept,) = waiting()
        assert (kept.run, kept.rows, kept.is_held) == (NAME, 7, True)
        postgres.start()
        assert "is being written" in refused(filled.open, NAME, write=True).message
        assert len(journal.notes()) == 2  # who reads waits, and sees what was added
    assert "waiting for it; what is finished is kept in" in said[0]
    assert not list(waiting())
    with filled.open(NAME) as journal:
        assert bits(journal.evaluations()[-1]) == bits(evaluation(proposal(1).digest, repeat=1))
        assert [c.number for c in journal.commits()] == [1]
        assert journal.proposals()[-1] == proposal(4)
        assert list(journal.call_ends()) == [call_end(1)]
        assert [content["text"] for _, content, _ in journal.notes()] == ["one", "two"]


def test_who_does_not_wait_is_told_that_the_server_is_away_and_who_gives_up_may(postgres, filled):
    def press(reason):
        raise KeyboardInterrupt

    with filled.open(NAME, write=True) as journal:
        held_back(journal)
        postgres.stop_at_once()
        try:
            assert "is away" in refused(journal.add_proposal, proposal(4)).message
            assert not list(waiting())
            assert "whether the server runs" in refused(filled.names).hint
            journal.when_away(press)
            journal.add_proposal(proposal(4))
            for act in (journal.catch_up, journal.proposals):
                with pytest.raises(KeyboardInterrupt):
                    act()
        finally:
            postgres.start()
    with filled.open(NAME, write=True) as journal:
        assert len(journal.proposals()) == 4


WRITER = """
import sys, time
from archive.store.models import CallEndRow, CallRow
from archive.store.places import store_at
from archive.testing import RECORD, call, call_end, evaluation, proposal

journal = store_at(sys.argv[1]).open(RECORD.name, write=True)
journal.when_away(lambda reason: None)
noted = {content["number"] for _, content, _ in journal.notes()}
for number in range(int(sys.argv[2]), 100_000):
    journal.add_proposal(proposal(number))
    journal.add_evaluation(evaluation(proposal(number).digest))
    journal.add_call(call(number))
    journal.add_call_end(call_end(number))
    if number not in noted:
        journal.add_note("note", {"number": number}, "t")
    print(number, "kept" if journal._spool else "there", flush=True)
    journal.catch_up()
    time.sleep(0.01)
"""


class Writer:
    """A process that writes rows one after another, and says which are safe."""

    def __init__(self, url, first):
        words = [sys.executable, "-c", WRITER, url, str(first)]
        self._process = subprocess.Popen(
            words, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3]
        )
        self.last = first - 1

    def read_until(self, how):
        for text in self._process.stdout:
            number, where = text.split()
            self.last = int(number)
            if where == how:
                return
        raise AssertionError("the writer ended")

    def kill(self):
        self._process.send_signal(signal.SIGKILL)
        for text in self._process.stdout:
            self.last = int(text.split()[0])
        self._process.wait()
        self._process.stdout.close()


@pytest.mark.timeout(3600 if IS_SOAK else 300)
def test_a_kill_at_any_moment_of_an_outage_loses_nothing(postgres, filled, url):
    """Before it, in it, in the middle of handing over, and after it."""
    rng = random.Random(4)
    last = 3
    for i in range(60 if IS_SOAK else 3):
        writer = Writer(url, last + 1)
        writer.read_until("there")
        (postgres.stop_at_once, postgres.kill)[i % 2]()
        writer.read_until("kept")
        time.sleep(rng.uniform(0.0, 0.3))
        is_before = i % 3 == 0
        if is_before:
            writer.kill()
        postgres.start()
        if not is_before:
            time.sleep(rng.uniform(0.0, 2.5))
            writer.kill()
            while filled.is_being_written(NAME):  # the server has not noticed yet
                time.sleep(0.02)
        with filled.open(NAME, write=True) as journal:
            numbers = [p.number for p in journal.proposals()]
            assert numbers == list(range(1, len(numbers) + 1))
            assert numbers[-1] in (writer.last, writer.last + 1)
            assert bits(journal.evaluations()[: writer.last]) == bits(
                [evaluation(proposal(n).digest) for n in range(1, writer.last + 1)]
            )
            ends = [call_end(n) for n in range(4, writer.last + 1)]
            assert list(journal.call_ends())[: len(ends)] == ends
            notes = [content["number"] for _, content, _ in journal.notes()]
            assert notes[: len(ends)] == [end.id for end in ends]
            assert len(notes) == len(set(notes))
            last = writer.last
        assert not list(waiting())


def test_a_row_that_the_server_does_not_take_is_kept_for_the_next_writer(url, filled):
    impatient = store_at(f"{url}&options=-clock_timeout%3D10ms")
    with impatient.open(NAME, write=True) as journal, psycopg.connect(url) as other:
        journal.when_away(quietly)
        journal.add_call(call(1))
        other.execute(f"LOCK TABLE {CallEndRow.__tablename__}")
        assert "locked by another program" in refused(journal.add_call_end, call_end(1)).message
        journal.add_note("note", {}, "t")  # in order: it is not on the server before the other
        assert not impatient.open(NAME).notes()
    with impatient.open(NAME, write=True) as journal:
        assert (list(journal.call_ends()), len(journal.notes())) == ([call_end(1)], 1)


def test_what_no_longer_fits_is_kept_apart_and_nothing_is_changed(
    postgres, filled, tmp_path, monkeypatch
):
    """Another machine takes the run over, and finishes the same evaluation otherwise."""
    digest = proposal(3).digest
    other = evaluation(digest, Failure("time", "2 s"), repeat=1)
    with filled.open(NAME, write=True) as journal:
        journal.when_away(quietly)
        may_return = held_back(journal)
        lose_sessions(postgres)
        journal.add_note("note", {}, "t")
        journal.add_evaluation(evaluation(digest, repeat=1))
        with monkeypatch.context() as patch:
            patch.setenv("XDG_STATE_HOME", str(tmp_path / "elsewhere"))
            with filled.open(NAME, write=True) as taken_over:
                taken_over.add_evaluation(other)
        may_return.set()
        with pytest.raises(Exception, match="does not fit run 'r1' any more") as raised:
            catch_up(journal)
        (kept,) = waiting()
        assert str(kept.path) in raised.value.message
        assert "\n" not in raised.value.message + raised.value.hint
    (kept,) = waiting()
    assert (kept.rows, kept.is_refused, kept.is_held) == (2, True, False)
    with filled.open(NAME, write=True) as journal:
        assert bits(journal.evaluations()[-1]) == bits(other)
        assert journal.notes() == []


def test_what_a_killed_process_left_may_no_longer_fit_either(filled, postgres, tmp_path):
    with filled.open(NAME, write=True) as journal:
        journal.when_away(quietly)
        held_back(journal)
        lose_sessions(postgres)
        journal.add_evaluation(evaluation(proposal(1).digest, Failure("time", "")))
    assert "does not fit run 'r1' any more" in refused(filled.open, NAME, write=True).message
    filled.open(NAME, write=True).close()


def test_a_server_put_back_to_an_earlier_time_is_not_written_on(postgres, filled, url):
    with filled.open(NAME, write=True) as journal:
        journal.when_away(quietly)
        journal.add_call(call(1))
        held_back(journal)
        lose_sessions(postgres)
        journal.add_call_end(call_end(1))
    postgres.execute(f"DELETE FROM {CallRow.__tablename__}", "runs")
    assert "does not fit" in refused(filled.open, NAME, write=True).message
    filled.open(NAME, write=True).close()


def test_a_run_that_another_process_writes_meanwhile_is_left_to_it(postgres, filled):
    with filled.open(NAME, write=True) as journal:
        journal.when_away(quietly)
        may_return = held_back(journal)
        lose_sessions(postgres)
        with filled.open(NAME, write=True) as taken_over:
            journal.add_proposal(proposal(4))
            may_return.set()
            assert "being written" in refused(catch_up, journal).message
            assert len(taken_over.proposals()) == 3
    with filled.open(NAME, write=True) as journal:
        assert len(journal.proposals()) == 4


def test_a_session_that_the_server_still_believes_in_is_waited_for(postgres, filled, url):
    said: list[str] = []
    with filled.open(NAME, write=True) as journal, psycopg.connect(url, autocommit=True) as stale:
        journal.when_away(said.append)
        lose_sessions_of_adrs = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name LIKE 'adrs %'"
        )
        postgres.execute(lose_sessions_of_adrs)
        _, journal._server._pid = stale.execute(_TAKE, (_WRITER, journal._run_id)).fetchone()
        journal.add_proposal(proposal(4))
        while not any("not noticed yet" in text for text in said):
            assert not journal.catch_up()
            time.sleep(0.02)
        stale.close()
        catch_up(journal)
        assert len(journal.proposals()) == 4


def test_what_was_written_before_its_answer_was_lost_is_not_written_twice(postgres, filled):
    """The session ends right after a commit, before the client hears of it."""
    with filled.open(NAME, write=True) as journal:
        journal.when_away(lambda reason: None)
        database = journal._database
        begun = database._begun
        losses = iter([True])

        def losing(write):
            return lost_after(begun(write), postgres) if next(losses, False) else begun(write)

        database._begun = losing
        journal.add_note("stop", {"reason": "x"}, "t")
        losses = iter([True])
        assert journal.add_message("hint", {"text": "x"}, "t") > 0
        losses = iter([True])
        journal.add_commit(Commit(1, 1, "front"))
        assert [len(r) for r in (journal.notes(), journal.messages(), journal.commits())] == [1] * 3


class lost_after:
    """Commits, and then ends the session by a statement that is never answered."""

    def __init__(self, inner, postgres):
        self._inner = inner
        self._postgres = postgres

    def __enter__(self):
        self._connection = self._inner.__enter__()
        return self._connection

    def __exit__(self, *error):
        self._inner.__exit__(*error)
        lose_sessions(self._postgres)
        self._connection.exec_driver_sql("SELECT 1")

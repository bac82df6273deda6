"""Views: what they say is what the rows say, whether they are up to date, behind or missing."""

import dataclasses

import pytest
from sqlalchemy import delete, update

from archive.entry import Commit
from archive.store.folder import FolderStore
from archive.store.models import FailureView, ViewStamp
from archive.store.places import store_at
from archive.testing import RECORD, evaluation, proposal
from evaluators.contract import Failure, Score

PARTLY = Score(
    {}, {"w0": Failure("time", ""), "w1": Failure("crash", ""), "w2": Failure("time", "")}
)


@pytest.fixture(params=["folder", "postgres"])
def store(request):
    if request.param == "folder":
        return FolderStore(request.getfixturevalue("tmp_path"))
    return store_at(request.getfixturevalue("postgres").emptied())


def commit(journal, number, outcome, decision="failed", confirmed=None, rejection=""):
    journal.add_proposal(dataclasses.replace(proposal(number), rejection=rejection))
    played = evaluation(proposal(number).digest, outcome)
    if not rejection:
        journal.add_evaluation(played)
    if confirmed is not None:
        key = dataclasses.replace(played.key, purpose="confirm")
        journal.add_evaluation(dataclasses.replace(played, key=key, outcome=confirmed))
    journal.add_commit(Commit(number, number, decision))


def fill(journal):
    commit(journal, 1, Score({}), "front")
    commit(journal, 2, Failure("syntax", ""))
    commit(journal, 3, PARTLY)
    commit(journal, 4, Score({}), confirmed=Score({}, {"w0": Failure("non-deterministic", "")}))
    commit(journal, 5, Failure("syntax", ""))
    commit(journal, 6, Failure("syntax", ""), rejection="no code")
    commit(journal, 7, Score({}), "dominated")


EXPECTED = {"syntax": 2, "time": 1, "crash": 1, "non-deterministic": 1, "rejected reply": 1}


def test_failures_are_counted_as_they_are_committed(store):
    with store.create(RECORD) as journal:
        assert journal.failures() == {}
        fill(journal)
        assert journal.failures() == EXPECTED
        assert journal.decisions() == {"front": 1, "failed": 5, "dominated": 1}


@pytest.mark.parametrize("order", [None, 3])
def test_views_that_are_behind_are_not_read_and_catch_up(store, order):
    with store.create(RECORD) as journal:
        fill(journal)
        write = journal._database.write
        write(lambda c: c.execute(delete(FailureView)))
        if order is None:
            write(lambda c: c.execute(delete(ViewStamp)))
        else:
            write(lambda c: c.execute(update(ViewStamp).values(order=order)))
        assert journal.failures() == EXPECTED
        commit(journal, 8, Failure("memory", ""))
        assert journal.failures() == EXPECTED | {"memory": 1}
        write(lambda c: c.execute(delete(FailureView)))
        assert journal.failures() == {}, "the view is read"

"""Parts of a journal are what the whole says of the same entries."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from archive.entry import Commit, Finish, Outline
from archive.store import excerpts
from archive.store.folder import DATABASE, FolderStore
from archive.store.sql import SqlJournal
from archive.testing import RECORD, bits, call, call_end, evaluation, proposal


@pytest.fixture
def journal(tmp_path: Path):
    """Four proposals, two evaluations of the first, one of the second; the third is the first."""
    with FolderStore(tmp_path).create(RECORD) as journal:
        third = replace(proposal(1), number=3, parents=(1, 2))
        for p in (proposal(1), proposal(2), third, proposal(4)):
            journal.add_proposal(p)
        for e in (evaluation(proposal(1).digest), evaluation(proposal(2).digest)):
            journal.add_evaluation(e)
        journal.add_evaluation(evaluation(proposal(1).digest, repeat=1))
        journal.add_commit(Commit(1, 2, "front"))
        journal.add_commit(Commit(2, 1, "failed"))
        journal.add_commit(Commit(3, 3, "duplicate", duplicate_of=1))
        yield journal


def damage(journal: SqlJournal, root: Path, statement: str, *values: object) -> SqlJournal:
    """The journal, opened again after somebody wrote into its file."""
    journal.close()
    with sqlite3.connect(root / RECORD.name / DATABASE) as connection:
        connection.execute(statement, values)
    connection.close()
    return FolderStore(root).open(RECORD.name)


def test_outlines_are_the_commits_after_one(journal: SqlJournal) -> None:
    duplicate = Outline(3, 3, "duplicate", 1, "syntax/swap", proposal(1).digest, (1, 2))
    assert [o.number for o in journal.outlines()] == [2, 1, 3]
    assert list(journal.outlines(after=2)) == [duplicate]
    assert list(journal.outlines(after=3)) == []


def test_arrivals_are_the_evaluations_after_one(journal: SqlJournal) -> None:
    assert [a.digest for a in journal.finishes()] == [e.key.digest for e in journal.evaluations()]
    last = journal.finishes()[-1]
    assert last == Finish(last.id, proposal(1).digest, "search", "2026-01-02")
    assert list(journal.finishes(after=last.id)) == []


def test_an_excerpt_has_every_row_of_its_entries_and_of_their_originals(
    journal: SqlJournal,
) -> None:
    excerpt = journal.excerpt([3])
    assert excerpt.commits == [c for c in journal.commits() if c.number in (1, 3)]
    assert excerpt.proposals == [p for p in journal.proposals() if p.number in (1, 3)]
    of_first = [e for e in journal.evaluations() if e.key.digest == proposal(1).digest]
    assert bits(excerpt.evaluations) == bits(of_first)
    assert excerpt.damaged == {}


def test_of_what_is_not_committed_there_is_nothing(journal: SqlJournal) -> None:
    excerpt = journal.excerpt([4, 99])
    assert (excerpt.commits, excerpt.proposals, excerpt.evaluations) == ([], [], [])


def test_more_entries_than_one_query_names(
    journal: SqlJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(excerpts, "AT_ONCE", 2)
    excerpt = journal.excerpt(iter([3, 1, 2]))
    assert sorted(p.number for p in excerpt.proposals) == [1, 2, 3]
    assert bits(excerpt.evaluations) == bits(journal.evaluations())


def test_a_damaged_text_is_named_and_the_others_are_read(
    journal: SqlJournal, tmp_path: Path
) -> None:
    broken = "UPDATE candidate SET files = ? WHERE digest = ?"
    with damage(journal, tmp_path, broken, b"\x78\x01rubbish", proposal(1).digest) as again:
        excerpt = again.excerpt([1, 2, 3])
        assert [p.number for p in excerpt.proposals] == [2]
        assert sorted(excerpt.damaged) == [1, 3]
        assert again.digests_with("# 2") == {proposal(2).digest}


def test_a_damaged_evaluation_is_named_and_the_others_are_read(
    journal: SqlJournal, tmp_path: Path
) -> None:
    broken = "UPDATE evaluation SET details = ? WHERE digest = ?"
    with damage(journal, tmp_path, broken, b"", proposal(2).digest) as again:
        excerpt = again.excerpt([1, 2])
        assert [c.number for c in excerpt.commits] == [1]
        assert excerpt.damaged == {2: "its search evaluation cannot be read"}


def test_the_source_is_searched(journal: SqlJournal) -> None:
    assert journal.digests_with("# 4 – ü") == {proposal(4).digest}
    assert journal.digests_with("pass") == {proposal(n).digest for n in (1, 2, 4)}


def test_decisions_are_counted(journal: SqlJournal) -> None:
    assert journal.decisions() == {"front": 1, "failed": 1, "duplicate": 1}


def test_calls_of_a_proposal_with_what_came_of_them(journal: SqlJournal) -> None:
    for call_id in (1, 2):
        journal.add_call(call(call_id))
    journal.add_call(replace(call(3), number=2))
    journal.add_call_end(call_end(2))
    assert journal.calls_for(1) == [(call(1), None), (call(2), call_end(2))]

"""The contract of stores and their journals as tests: subclass `StoreContract` and make a store."""

from __future__ import annotations

import dataclasses
import math
import os
import pprint
from collections.abc import Iterator
from decimal import Decimal

import pytest

from archive.entry import (
    Amount,
    Call,
    CallEnd,
    Candidate,
    Commit,
    Evaluation,
    EvaluationKey,
    Message,
    Proposal,
    RunRecord,
)
from archive.journal import Journal, JournalConflictError
from archive.store.store import RunExistsError, Store
from evaluators.contract import Failure, Outcome, Policy, Score
from evaluators.errors import UsageError
from evaluators.scoring import in_order

RECORD = RunRecord("r1", {"seed": 7, "rate": 0.1, "names": ["a", "ü"]}, {"adrs": "0"}, "2026-01-01")
SCORE = Score(
    {"gain": {"w0": 0.1 + 0.2, "w1": -0.0}, "cost": {"w0": 5e-324, "w1": 1.7976931348623157e308}},
    {"w1": Failure("time", "2 s\n“…” \udc80 \x00")},
    {"w0": {"queue_s": 1 / 3, "ratio": math.inf}},
)


def proposal(number: int, source: str = "def f(): pass\n") -> Proposal:
    """A proposal of its own source."""
    text = f"{source}# {number} – ü\n"
    digest = Policy("", text).digest
    parents = tuple(range(1, min(number, 3)))
    return Proposal(number, text, digest, f"n{number}", parents, "syntax/swap", f"p/{number}")


def evaluation(digest: str, outcome: Outcome = SCORE, repeat: int = 0) -> Evaluation:
    """An evaluation of a candidate."""
    key = EvaluationKey(digest, "search", "set", "search", repeat)
    traces = {"w0": "aa"}
    return Evaluation(key, outcome, "local", "cpu", "L2", "ff", traces, 0.25, -0.0, "2026-01-02")


def call(call_id: int) -> Call:
    """A call for a proposal."""
    request = {"model": "m", "messages": [{"role": "user", "content": "“…” \x00"}]}
    return Call(call_id, 1, 0, 3, request, Amount(100, Decimal("0.30"), 7), "2026-01-04")


def call_end(call_id: int) -> CallEnd:
    """What came of it."""
    spent = Amount(90, Decimal("0.1000000000000000000001"))
    return CallEnd(call_id, "answered", {"text": "ü\udc80"}, b"\xff\x00", spent, True, "2026-01-05")


def bits(rows: object) -> str:
    """Rows or an outcome with every bit of their floats; mappings in the order of their keys."""
    return pprint.pformat(rows)


class StoreContract:
    """What every store must do, with the journals in it; the fixture `store` is the store's."""

    @pytest.fixture
    def store(self) -> Store:
        """A store without runs."""
        raise NotImplementedError

    @pytest.fixture
    def journal(self, store: Store) -> Iterator[Journal]:
        """A journal without rows."""
        journal = store.create(RECORD)
        yield journal
        journal.close()

    def test_rows_come_back_as_they_were(self, journal: Journal, store: Store) -> None:
        first, second = proposal(1), proposal(2)
        evaluations = [
            evaluation(second.digest),
            evaluation(first.digest, Failure("syntax", "line 1: “(”")),
            evaluation(first.digest, repeat=1),
        ]
        commits = [Commit(1, 1, "failed"), Commit(2, 2, "duplicate", duplicate_of=1)]
        self.fill(journal, [first, second], evaluations, commits)
        journal.add_note("stop", {"reason": "seconds", "elapsed_s": 0.1}, "2026-01-03")
        journal.close()
        again = store.open(RECORD.name)
        assert again.record == RECORD
        assert list(again.proposals()) == [first, second]
        assert bits(list(again.evaluations())) == bits(evaluations)  # in order of arrival
        assert list(again.commits()) == commits
        assert list(again.notes()) == [
            ("stop", {"reason": "seconds", "elapsed_s": 0.1}, "2026-01-03")
        ]
        again.close()

    def fill(
        self,
        journal: Journal,
        proposals: list[Proposal],
        evaluations: list[Evaluation],
        commits: list[Commit],
    ) -> None:
        """Add rows in the order that the engine adds them."""
        for p in proposals:
            journal.add_proposal(p)
        for e in evaluations:
            journal.add_evaluation(e)
        for c in commits:
            journal.add_commit(c)

    def test_calls_and_their_ends_come_back_as_they_were(
        self, journal: Journal, store: Store
    ) -> None:
        calls = [call(1), call(2), call(3)]
        ends = [call_end(3), call_end(1)]
        for c in calls:
            journal.add_call(c)
        for _ in range(2):  # a second time changes nothing
            for e in ends:
                journal.add_call_end(e)
        journal.close()
        again = store.open(RECORD.name)
        assert list(again.calls()) == calls
        assert list(again.call_ends()) == ends  # in order of arrival
        assert list(again.calls(after=1)) == calls[1:]
        assert list(again.call_ends(after=1)) == ends[1:]
        again.close()

    def test_parts_are_what_the_whole_says(self, journal: Journal) -> None:
        third = dataclasses.replace(proposal(1), number=3, parents=(2, 1))
        evaluations = [evaluation(proposal(n).digest) for n in (1, 2)]
        commits = [Commit(1, 2, "front"), Commit(2, 1, "failed"), Commit(3, 3, "duplicate", 1)]
        self.fill(journal, [proposal(1), proposal(2), third], evaluations, commits)
        for part in (call(1), dataclasses.replace(call(2), number=2)):
            journal.add_call(part)
        journal.add_call_end(call_end(1))
        shown = [(o.order, o.number, o.decision, o.parents) for o in journal.outlines(after=1)]
        assert shown == [(2, 1, "failed", ()), (3, 3, "duplicate", (2, 1))]
        first, second = journal.finishes()
        assert [f.digest for f in (first, second)] == [proposal(n).digest for n in (1, 2)]
        assert list(journal.finishes(after=first.id)) == [second]
        excerpt = journal.excerpt([3])
        assert list(excerpt.commits) == commits[1:]
        assert sorted(p.number for p in excerpt.proposals) == [1, 3]
        assert bits(list(excerpt.evaluations)) == bits(evaluations[:1])
        assert list(journal.calls_for(1)) == [(call(1), call_end(1))]
        assert journal.digests_with("# 2 – ü") == {proposal(2).digest}
        assert journal.decisions() == {"front": 1, "failed": 1, "duplicate": 1}

    def test_another_call_under_a_known_key_is_refused(self, journal: Journal) -> None:
        journal.add_call(call(1))
        journal.add_call_end(call_end(1))
        with pytest.raises(JournalConflictError):
            journal.add_call(dataclasses.replace(call(1), request={"model": "another"}))
        with pytest.raises(JournalConflictError):
            journal.add_call_end(dataclasses.replace(call_end(1), state="failed"))

    def test_a_rejected_proposal_comes_back(self, journal: Journal) -> None:
        rejected = dataclasses.replace(
            proposal(1), seen=4, duplicate_of=1, rejection="none", idea="sort"
        )
        journal.add_proposal(rejected)
        assert list(journal.proposals()) == [rejected]

    def test_a_candidate_may_be_evaluated_without_being_proposed(
        self, journal: Journal, store: Store
    ) -> None:
        first, second = (
            Candidate(p.source, p.digest, p.normal_digest) for p in (proposal(1), proposal(2))
        )
        for _ in range(2):  # a second time changes nothing
            journal.add_candidate(first)
            journal.add_candidate(second)
        journal.add_evaluation(evaluation(first.digest))
        journal.add_proposal(proposal(2))  # somebody proposes it after all
        with pytest.raises(JournalConflictError):
            journal.add_candidate(dataclasses.replace(first, normal_digest="another"))
        journal.close()
        again = store.open(RECORD.name)
        assert list(again.unproposed()) == [first]
        assert bits(list(again.evaluations())) == bits([evaluation(first.digest)])
        assert list(again.proposals()) == [proposal(2)]
        again.close()

    def test_an_outcome_in_order_comes_back_in_order(self, journal: Journal) -> None:
        """Texts that quote it are compared with those made from it before."""
        crash, late = Failure("crash", "no"), Failure("time", "2 s")
        shown = {"wait_s": 1.5, "kept": 3.0}
        outcome = in_order(
            Score({"gain": {}}, {"w3": late, "w1": crash}, {"w2": shown, "w0": shown})
        )
        journal.add_proposal(proposal(1))
        journal.add_evaluation(evaluation(proposal(1).digest, outcome))
        again = journal.evaluations()[0].outcome
        assert isinstance(outcome, Score)
        assert isinstance(again, Score)
        assert str(again.failures) == str(outcome.failures)
        assert str(again.breakdown) == str(outcome.breakdown)

    def test_a_value_that_is_no_number_comes_back(self, journal: Journal) -> None:
        journal.add_proposal(proposal(1))
        outcome = Score({"gain": {"w0": math.nan, "w1": -math.inf}})
        journal.add_evaluation(evaluation(proposal(1).digest, outcome))
        journal.add_evaluation(evaluation(proposal(1).digest, outcome))
        assert bits(journal.evaluations()[0].outcome) == bits(outcome)

    def test_the_same_row_again_changes_nothing(self, journal: Journal) -> None:
        rows = [proposal(1)], [evaluation(proposal(1).digest)], [Commit(1, 1, "front")]
        for _ in range(2):
            self.fill(journal, *rows)
        assert len(journal.proposals()) == len(journal.evaluations()) == len(journal.commits()) == 1

    def test_another_row_under_a_known_key_is_refused(self, journal: Journal) -> None:
        first, commit = proposal(1), Commit(1, 1, "front")
        played = evaluation(first.digest)
        self.fill(journal, [first, proposal(2)], [played], [commit])
        with pytest.raises(JournalConflictError):
            journal.add_proposal(dataclasses.replace(first, parents=(9,)))
        with pytest.raises(JournalConflictError):  # one bit of one value
            journal.add_evaluation(evaluation(first.digest, _changed("gain", "w1", 0.0)))
        with pytest.raises(JournalConflictError):
            journal.add_evaluation(dataclasses.replace(played, traces={}))
        with pytest.raises(JournalConflictError):
            journal.add_commit(Commit(1, 1, "dominated"))
        with pytest.raises(JournalConflictError):
            journal.add_commit(Commit(2, 1, "front"))  # a number is decided once
        assert bits(list(journal.evaluations())) == bits([played])
        assert journal.commits() == [commit]

    def test_one_source_proposed_twice_is_two_proposals(self, journal: Journal) -> None:
        again = dataclasses.replace(proposal(1), number=2, parents=(1,))
        self.fill(journal, [proposal(1), again], [], [])
        assert list(journal.proposals()) == [proposal(1), again]

    def test_rows_come_in_the_order_of_their_keys(self, journal: Journal) -> None:
        numbers = [3, 1, 2]
        self.fill(journal, [proposal(n) for n in numbers], [], [])
        for n in numbers:
            journal.add_commit(Commit(n, n, "failed"))
        assert [p.number for p in journal.proposals()] == [1, 2, 3]
        assert [c.order for c in journal.commits()] == [1, 2, 3]

    def test_openings_are_counted(self, journal: Journal) -> None:
        assert journal.add_opening("report", ["d1", "d2"], "t1") == 1
        assert journal.add_opening("report", ["d1", "d2"], "t2") == 2
        assert list(journal.openings()) == [
            ("report", ["d1", "d2"], "t1"),
            ("report", ["d1", "d2"], "t2"),
        ]

    def test_anybody_leaves_messages_beside_the_writer(
        self, journal: Journal, store: Store
    ) -> None:
        aside = store.open_aside(RECORD.name)
        first = aside.add_message("hint", {"text": "“sort” \x00"}, "t1")
        journal.add_proposal(proposal(1))  # the writer is not disturbed
        second = journal.add_message("remark", {"entry": 1}, "t2")
        both = [
            Message(first, "hint", {"text": "“sort” \x00"}, "t1"),
            Message(second, "remark", {"entry": 1}, "t2"),
        ]
        assert first < second
        assert list(journal.messages()) == list(aside.messages()) == both
        assert list(aside.messages(after=first)) == both[1:]
        aside.close()

    def test_readers_see_a_writers_rows_at_once(self, journal: Journal, store: Store) -> None:
        reader = store.open(RECORD.name)
        journal.add_proposal(proposal(1))
        assert len(reader.proposals()) == 1
        journal.add_proposal(proposal(2))
        assert len(reader.proposals()) == 2
        reader.close()

    def test_a_second_writer_is_refused_until_the_first_ends(
        self, journal: Journal, store: Store
    ) -> None:
        with pytest.raises(UsageError):
            store.open(RECORD.name, write=True)
        journal.add_proposal(proposal(1))  # the refusal did the first one no harm
        journal.close()
        second = store.open(RECORD.name, write=True)
        second.add_proposal(proposal(2))
        assert len(second.proposals()) == 2
        second.close()

    def test_a_writer_that_outlives_an_outage_writes_as_others_do(self, journal: Journal) -> None:
        said: list[str] = []
        journal.when_away(said.append)
        self.fill(journal, [proposal(1)], [evaluation(proposal(1).digest)], [Commit(1, 1, "front")])
        journal.add_call(call(1))
        journal.add_call_end(call_end(1))
        journal.add_note("stop", {}, "t")
        assert journal.add_message("hint", {}, "t") > 0
        assert journal.catch_up()
        there = journal.proposals(), journal.evaluations(), journal.commits(), journal.call_ends()
        assert [len(rows) for rows in (*there, journal.notes(), journal.messages())] == [1] * 6
        assert not said

    # -- runs beside each other ----------------------------------------------------------------

    def test_an_existing_run_is_not_created_again(self, journal: Journal, store: Store) -> None:
        journal.add_proposal(proposal(1))
        with pytest.raises(RunExistsError):
            store.create(RECORD)
        assert len(journal.proposals()) == 1

    def test_runs_know_nothing_of_each_other(self, journal: Journal, store: Store) -> None:
        other = store.create(dataclasses.replace(RECORD, name="r0", configuration={"seed": 8}))
        rows = [proposal(1), proposal(2)], [evaluation(proposal(1).digest)], [Commit(1, 1, "front")]
        self.fill(journal, *rows)
        journal.add_call(call(1))
        assert not any((other.proposals(), other.evaluations(), other.commits(), other.calls()))
        self.fill(other, [proposal(1)], [evaluation(proposal(1).digest, Failure("time", ""))], [])
        other.add_note("stop", {}, "t")
        other.add_message("hint", {}, "t")
        assert len(journal.proposals()) == 2
        assert bits(list(journal.evaluations())) == bits(rows[1])
        assert not journal.notes()
        assert not journal.messages()
        assert (other.record.configuration, other.record.name) == ({"seed": 8}, "r0")
        assert store.names() == ["r0", "r1"]
        assert (other.last_number(), journal.last_number()) == (1, 2)
        other.close()

    def test_candidates_are_found_by_digest(self, journal: Journal) -> None:
        again = dataclasses.replace(proposal(1), number=3)
        self.fill(journal, [proposal(1), proposal(2), again], [], [])
        digest = proposal(1).digest
        assert journal.numbers_of(digest[:12]) == {digest: 1}
        assert journal.numbers_of("zz") == {}

    def test_a_snapshot_is_of_one_moment(self, journal: Journal, store: Store) -> None:
        reader = store.open(RECORD.name)
        with reader.snapshot():
            assert not reader.proposals()
            journal.add_proposal(proposal(1))
            assert not reader.proposals()
            assert not reader.evaluations()
        assert len(reader.proposals()) == 1
        reader.close()

    def test_what_is_added_together_stands_together_or_not_at_all(self, journal: Journal) -> None:
        with journal.together():
            self.fill(journal, [proposal(1), proposal(2)], [evaluation(proposal(1).digest)], [])
            assert len(journal.proposals()) == 2
        with pytest.raises(ZeroDivisionError), journal.together():  # noqa: PT012 - more than one
            journal.add_proposal(proposal(3))
            _ = 1 / 0
        assert len(journal.proposals()) == 2
        journal.add_proposal(proposal(3))
        assert len(journal.proposals()) == 3

    def test_who_writes_is_named(self, journal: Journal, store: Store) -> None:
        assert store.is_being_written(RECORD.name)
        with pytest.raises(UsageError, match=rf"process {os.getpid()} on .*since 2") as refused:
            store.open(RECORD.name, write=True)
        assert refused.value.hint
        journal.close()
        assert not store.is_being_written(RECORD.name)

    def test_what_is_not_there_is_said(self, journal: Journal, store: Store) -> None:
        acts = (store.open, store.open_aside, store.remove, store.size_bytes)
        for act in (*acts, store.is_being_written):
            with pytest.raises(UsageError, match="no run 'r11'") as unknown:
                act("r11")
            assert unknown.value.hint == "did you mean 'r1'?"
        for name in ("", "../r1", "a/b", ".hidden", "a b"):
            with pytest.raises(UsageError, match="no name for a run"):
                store.create(dataclasses.replace(RECORD, name=name))

    def test_a_run_is_renamed(self, journal: Journal, store: Store) -> None:
        self.fill(journal, [proposal(1)], [], [])
        with pytest.raises(UsageError, match="being written"):
            store.rename(RECORD.name, "r2")
        journal.close()
        store.create(dataclasses.replace(RECORD, name="taken")).close()
        with pytest.raises(RunExistsError):
            store.rename(RECORD.name, "taken")
        store.rename(RECORD.name, "r2")
        assert store.names() == ["r2", "taken"]
        renamed = store.open("r2")
        assert renamed.record == dataclasses.replace(RECORD, name="r2")
        assert list(renamed.proposals()) == [proposal(1)]
        renamed.close()

    def test_a_run_is_removed(self, journal: Journal, store: Store) -> None:
        other = store.create(dataclasses.replace(RECORD, name="other"))
        evaluations, commits = [evaluation(proposal(1).digest)], [Commit(1, 1, "front")]
        for filled in (journal, other):
            self.fill(filled, [proposal(1)], evaluations, commits)
            filled.add_call(call(1))
            filled.add_call_end(call_end(1))
        with pytest.raises(UsageError, match="being written"):
            store.remove(RECORD.name)
        journal.close()
        assert store.size_bytes(RECORD.name) > 100
        store.remove(RECORD.name)
        assert store.names() == ["other"]
        assert bits(list(other.evaluations())) == bits(evaluations)
        assert len(other.call_ends()) == 1
        other.close()
        again = store.create(RECORD)
        assert not again.proposals()
        again.close()

    def test_texts_that_databases_do_not_take_come_back(self, journal: Journal) -> None:
        for number, text in enumerate(("a\0b", "\ud800 “x”", "\x01{", "\\u0000", ""), start=1):
            said = dataclasses.replace(proposal(number), idea=text, rejection=text)
            journal.add_proposal(said)
            assert journal.proposals()[-1] == said


def _changed(objective: str, workload: str, value: float) -> Score:
    values = {o: dict(row) for o, row in SCORE.values.items()}
    values[objective][workload] = value
    return dataclasses.replace(SCORE, values=values)

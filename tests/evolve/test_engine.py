"""The loop's promises: order, exactness, tells, duplicates, budgets, resumption."""

import dataclasses
from pathlib import Path

import pytest

import evolve
from archive.journal import JournalConflictError
from archive.library import dump
from archive.store.places import store_at
from evaluators.errors import UsageError
from evolve.events import Committed, Preflight, Stopped
from evolve.settings import Settings
from tests.evolve.fakes import DelayedExecutor, Scaler, shuffled_delays
from tests.problems import GUESS


def search(archive: Path, *, workers=2, delays=0, evaluations=60, observer=None, **changes):
    settings = Settings(
        GUESS, evaluations=evaluations, seed=3, exact=True, archive=str(archive), **changes
    )
    proposer = Scaler()
    executor = DelayedExecutor(GUESS.load(), workers, shuffled_delays(delays))
    events = [] if observer is None else observer
    run = evolve.run(settings, events.append, proposer=proposer, executor=executor)
    return run, proposer, executor, events


def archived(run) -> bytes:
    with store_at(run.settings.archive).open(run.name) as journal:
        return dump(journal, run.problem)


def test_exact_runs_are_equal_byte_for_byte_whatever_the_workers(tmp_path):
    dumps = {
        archived(search(tmp_path / str(workers), workers=workers, delays=workers)[0])
        for workers in (1, 2, 5)
    }
    assert len(dumps) == 1
    assert dumps.pop().count(b"\n") >= 60


def test_another_seed_gives_another_run(tmp_path):
    settings = Settings(GUESS, evaluations=20, seed=4, exact=True, archive=str(tmp_path / "b"))
    executor = DelayedExecutor(GUESS.load(), 2, shuffled_delays(0))
    other = evolve.run(settings, proposer=Scaler(), executor=executor)
    assert archived(other) != archived(search(tmp_path / "a", evaluations=20)[0])


def test_every_ask_gets_one_tell_in_order(tmp_path):
    _, proposer, _, _ = search(tmp_path)
    assert proposer.told == proposer.asked
    assert proposer.told == sorted(set(proposer.told))
    assert max(proposer.gains) > 0


def test_duplicates_are_told_but_never_evaluated(tmp_path):
    run, _, executor, _ = search(tmp_path, evaluations=120)
    duplicates = [e for e in run.entries() if e.decision == "duplicate"]
    assert duplicates, "the scaler rounds to two digits: some must repeat"
    searched = [job.source for job in executor.played if job.purpose == "search"]
    assert len(searched) == len(set(searched)) == 120
    assert len(run.entries()) == 120 + len(duplicates)


def test_the_front_is_confirmed_and_seen_on_selection(tmp_path):
    run, _, executor, _ = search(tmp_path)
    joined = {e.proposal.source for e in run.entries() if e.decision == "front"}
    confirmed = {job.source for job in executor.played if job.purpose == "confirm"}
    assert joined == confirmed
    selected = {job.source for job in executor.played if job.purpose == "selection"}
    assert joined <= selected
    assert {b.source for b in run.problem.baselines().values()} <= selected
    assert run.hypervolume() >= run.baseline_hypervolume() > 0


def test_events_tell_the_story(tmp_path):
    events = []
    search(tmp_path, observer=events)
    preflight = [i for i, e in enumerate(events) if isinstance(e, Preflight)]
    assert preflight == [len(GUESS.load().baselines()) - 1]  # when the baselines have shown a rate
    assert isinstance(events[-1], Stopped)
    commits = [e for e in events if isinstance(e, Committed)]
    assert [c.entry.number for c in commits] == list(range(1, len(commits) + 1))
    assert commits[-1].done == commits[-1].budget == 60


def test_seconds_stop_a_run_that_can_be_resumed(tmp_path):
    settings = Settings(
        GUESS, evaluations=200, seed=3, exact=True, seconds=2.0, archive=str(tmp_path / "a")
    )
    slow = DelayedExecutor(GUESS.load(), 2, lambda: 0.1)
    run = evolve.run(settings, proposer=Scaler(), executor=slow)
    assert run.stopped == "seconds"
    assert 0 < len(run.entries()) < 200
    with store_at(settings.archive).open(run.name) as journal:
        evaluated = {e.key.digest for e in journal.evaluations()}
        left = [p for p in journal.proposals() if p.digest not in evaluated]
    assert len(left) > 8, "what waited for an evaluator was evaluated after the seconds were over"
    fast = DelayedExecutor(GUESS.load(), 2, lambda: 0.0)
    resumed = evolve.resume(
        settings.archive, run.name, seconds=60, proposer=Scaler(), executor=fast
    )
    assert archived(resumed) == archived(search(tmp_path / "b", evaluations=200)[0])
    assert 60 <= resumed.settings.seconds < 70


def test_seconds_of_a_resumption_alone_leave_no_limit_behind(tmp_path):
    run, *_ = search(tmp_path, evaluations=20)
    for more, seconds in ((10, 60.0), (10, None)):
        executor = DelayedExecutor(GUESS.load(), 2, lambda: 0.0)
        resumed = evolve.resume(
            str(tmp_path), run.name, more, seconds, proposer=Scaler(), executor=executor
        )
        assert resumed.stopped == "evaluations"
        assert resumed.settings.seconds is None


def test_a_resumption_has_what_is_left_of_the_seconds(tmp_path):
    archive = str(tmp_path / "a")
    settings = Settings(GUESS, evaluations=200, seed=3, exact=True, seconds=2.0, archive=archive)
    slow = DelayedExecutor(GUESS.load(), 2, lambda: 0.1)
    run = evolve.run(settings, proposer=Scaler(), executor=slow)
    resumed = evolve.resume(
        archive, run.name, proposer=Scaler(), executor=DelayedExecutor(GUESS.load(), 2, lambda: 0.0)
    )
    assert resumed.stopped == "seconds"
    assert archived(resumed) == archived(run)
    assert resumed.settings == run.settings


def test_what_joined_the_front_is_judged_when_no_second_is_left(tmp_path):
    """A run that was killed is replayed to its end, though its seconds are over."""
    archive = str(tmp_path / "a")
    settings = Settings(GUESS, evaluations=60, seed=3, exact=True, archive=archive)
    interrupted = evolve.run(
        settings, proposer=Scaler(), executor=Unjudging(GUESS.load(), 2, lambda: 0.0)
    )
    assert any("selection" not in e.values for e in interrupted.entries() if e.decision == "front")
    before = [e.number for e in interrupted.entries()]
    resumed = evolve.resume(
        archive, interrupted.name, seconds=1e-9, proposer=Scaler(),
        executor=DelayedExecutor(GUESS.load(), 2, lambda: 0.0),
    )  # fmt: skip
    assert resumed.stopped == "seconds"
    assert [e.number for e in resumed.entries()][: len(before)] == before
    joined = [e for e in resumed.entries() if e.decision == "front"]
    assert joined
    assert all("selection" in e.values for e in joined)


def test_a_longer_budget_continues_as_if_it_had_always_been(tmp_path):
    run, *_ = search(tmp_path / "a", evaluations=30)
    executor = DelayedExecutor(GUESS.load(), 3, shuffled_delays(9))
    resumed = evolve.resume(str(tmp_path / "a"), run.name, 30, proposer=Scaler(), executor=executor)
    assert archived(resumed) == archived(search(tmp_path / "b", evaluations=60)[0])
    assert evolve.open_run(str(tmp_path / "a"), run.name).stopped == "evaluations"


def test_resuming_a_finished_run_plays_nothing_again(tmp_path):
    run, *_ = search(tmp_path)
    before = archived(run)
    executor = DelayedExecutor(GUESS.load(), 2, lambda: 0.0)
    resumed = evolve.resume(str(tmp_path), run.name, proposer=Scaler(), executor=executor)
    assert executor.played == []
    assert archived(resumed) == before


class Interrupting(DelayedExecutor):
    """Ctrl-C arrives with the 30th job."""

    def submit(self, job):
        if len(self.played) == 30:
            self.played.append(job)
            raise KeyboardInterrupt
        return super().submit(job)


class Unjudging(DelayedExecutor):
    """Ctrl-C arrives when something that joined the front is to be judged."""

    def submit(self, job):
        if job.split == "selection" and len(self.played) > 20:
            raise KeyboardInterrupt
        return super().submit(job)


def test_an_interrupt_stops_cleanly_and_resumes_exactly(tmp_path):
    settings = Settings(GUESS, evaluations=60, seed=3, exact=True, archive=str(tmp_path / "a"))
    executor = Interrupting(GUESS.load(), 2, shuffled_delays(1))
    run = evolve.run(settings, proposer=Scaler(), executor=executor)
    assert run.stopped == "interrupted"
    again = DelayedExecutor(GUESS.load(), 2, shuffled_delays(2))
    resumed = evolve.resume(settings.archive, run.name, proposer=Scaler(), executor=again)
    assert archived(resumed) == archived(search(tmp_path / "b")[0])


def test_objectives_and_requirements_are_checked_before_anything_is_made(tmp_path):
    for wrong in ({"objectives": ("eror",)}, {"require": ("error < 1",)}, {"require": ("x<=1",)}):
        with pytest.raises(UsageError):
            search(tmp_path, **wrong)
    assert list(tmp_path.iterdir()) == []


def test_exact_and_a_requirement_of_what_is_measured_contradict_each_other(tmp_path):
    with pytest.raises(UsageError, match="--exact leaves cpu out, and --require goes by it"):
        search(tmp_path, require=("cpu<=1",))


def test_a_name_is_found_beside_what_is_no_run(tmp_path):
    (tmp_path / "guess-1").mkdir()
    run, *_ = search(tmp_path, evaluations=5)
    assert run.name == "guess-2"


def test_requirements_come_first(tmp_path):
    run, *_ = search(tmp_path, require=("movement<=0.05",))
    assert all(e.values["search"]["movement"] <= 0.05 for e in run.front("search"))


class Wanderer(Scaler):
    """Proposes otherwise than the Scaler: what a changed version of the proposers would do."""

    def ask(self, context):
        draft = super().ask(context)
        return dataclasses.replace(draft, source=draft.source + "CHANGED = 1\n")


def test_a_run_of_another_version_is_refused_and_left_as_it_is(tmp_path, monkeypatch):
    run, *_ = search(tmp_path, evaluations=20)
    before = archived(run)
    monkeypatch.setattr("evolve.versions.PACKAGES", ("adrs", "numpy"))
    monkeypatch.setattr("evolve.versions.code_digest", lambda: "another")
    executor = DelayedExecutor(GUESS.load(), 2, lambda: 0.0)
    with pytest.raises(UsageError, match="another version"):
        evolve.resume(str(tmp_path), run.name, 5, proposer=Wanderer(), executor=executor)
    assert archived(run) == before


def test_a_replay_that_differs_without_a_change_is_our_fault(tmp_path):
    run, *_ = search(tmp_path, evaluations=20)
    executor = DelayedExecutor(GUESS.load(), 2, lambda: 0.0)
    with pytest.raises(JournalConflictError):
        evolve.resume(str(tmp_path), run.name, 5, proposer=Wanderer(), executor=executor)

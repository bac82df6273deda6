"""Proposals that come out of conversations: order, durability, replay."""

from __future__ import annotations

from collections import Counter
from functools import partial
from itertools import chain, repeat
from pathlib import Path

import pytest

import evolve
from archive.entry import CallEnd
from archive.journal import JournalConflictError
from archive.library import dump
from archive.store.places import store_at
from evaluators.errors import UsageError
from evolve.llm.message import Message, Request
from evolve.replaying import replay
from evolve.settings import ModelSettings, Settings
from tests.evolve.fakes import DelayedExecutor, shuffled_delays
from tests.evolve.talking import Asker, Echo
from tests.problems import GUESS

MODEL = ModelSettings(names=("echo/x",), concurrency=4)


def settings_of(archive: Path, exact: bool, evaluations: int = 40) -> Settings:
    return Settings(
        GUESS, evaluations=evaluations, seed=3, exact=exact, archive=str(archive), model=MODEL,
        tokens=10**9, lookahead=8,
    )  # fmt: skip


def search(archive: Path, delays: int, *, exact: bool, workers: int = 2, **changes):
    models = Echo(shuffled_delays(delays, 0.02))
    proposer = Asker()
    executor = DelayedExecutor(GUESS.load(), workers, shuffled_delays(delays + 100))
    run = evolve.run(
        settings_of(archive, exact, **changes), proposer=proposer, executor=executor, models=models
    )
    return run, models, proposer


def archived(run) -> bytes:
    with store_at(run.settings.archive).open(run.name) as journal:
        return dump(journal, run.problem)


def test_an_exact_run_does_not_depend_on_who_answers_when(tmp_path):
    dumps = {archived(search(tmp_path / str(i), i, exact=True, workers=i)[0]) for i in (1, 2, 5)}
    assert len(dumps) == 1


@pytest.mark.parametrize("exact", [True, False])
def test_every_ask_gets_one_tell_and_calls_overlap(tmp_path, exact):
    run, models, proposer = search(tmp_path, 1, exact=exact)
    numbers = [e.number for e in run.entries() if e.proposal.parents]
    assert proposer.told == numbers
    assert sorted(numbers) == list(range(min(numbers), max(numbers) + 1))
    assert models.most_at_once > 1


def test_what_is_no_policy_is_an_entry_with_the_reason(tmp_path):
    run, *_ = search(tmp_path, 1, exact=True)
    reasons = Counter(e.outcome.message for e in run.entries() if e.proposal.rejection)
    assert set(reasons) == {"too small twice", "empty: nothing to say"}
    evaluated = [e for e in run.entries() if e.decision != "duplicate" and not e.proposal.rejection]
    assert len(evaluated) == 40


def test_in_order_of_arrival_nobody_waits_for_a_slow_answer(tmp_path):
    run, *_ = search(tmp_path, 1, exact=False)
    numbers = [e.number for e in run.entries()]
    assert numbers != sorted(numbers)


@pytest.mark.parametrize("exact", [True, False])
def test_resuming_asks_nothing_again(tmp_path, exact):
    run, *_ = search(tmp_path, 1, exact=exact)
    before = archived(run)
    silent = Echo(lambda: 0.0, first_call=10_000)
    executor = DelayedExecutor(GUESS.load(), 2, lambda: 0.0)
    resumed = evolve.resume(
        str(tmp_path), run.name, proposer=Asker(), executor=executor, models=silent
    )
    assert silent.asked == []
    assert executor.played == []
    assert archived(resumed) == before


class Dying(Echo):
    """Ctrl-C arrives with the 20th call."""

    async def complete(self, request, observer):
        if len(self.asked) == 20:
            raise KeyboardInterrupt
        return await super().complete(request, observer)


@pytest.mark.parametrize("exact", [True, False])
def test_an_interrupted_run_goes_on_and_loses_no_answer(tmp_path, exact):
    executor = DelayedExecutor(GUESS.load(), 2, shuffled_delays(1))
    first = Dying(shuffled_delays(2, 0.02))
    settings = settings_of(tmp_path / "a", exact)
    run = evolve.run(settings, proposer=Asker(), executor=executor, models=first)
    assert run.stopped == "interrupted"
    assert replay(str(tmp_path / "a"), run.name, proposer=Asker()).difference == ""
    with store_at(tmp_path / "a").open(run.name) as journal:
        answered = [e for e in journal.call_ends() if e.state == "answered"]
        given_up = [e for e in journal.call_ends() if e.state == "given up"]
        assert len(journal.calls()) == len(journal.call_ends())
    again = Echo(shuffled_delays(3, 0.02), first_call=1000)
    executor = DelayedExecutor(GUESS.load(), 2, shuffled_delays(4))
    resumed = evolve.resume(
        str(tmp_path / "a"), run.name, proposer=Asker(), executor=executor, models=again
    )
    assert resumed.stopped == "evaluations"
    assert replay(str(tmp_path / "a"), run.name, proposer=Asker()).difference == ""
    assert answered
    with store_at(tmp_path / "a").open(run.name) as journal:
        ends = list(journal.call_ends())
        turns = {c.id: (c.number, c.turn) for c in journal.calls()}
    assert ends[: len(answered)] != []
    repeated = Counter(turns[e.id] for e in ends if e.state == "answered")
    assert set(repeated.values()) == {1}, "an answered request was asked again"
    assert all(isinstance(e, CallEnd) and not e.is_known for e in given_up)
    if exact:
        assert archived(resumed) == archived(search(tmp_path / "b", 9, exact=True)[0])


@pytest.mark.parametrize("exact", [True, False])
def test_a_replay_needs_neither_models_nor_evaluators(tmp_path, exact):
    run, models, _ = search(tmp_path, 1, exact=exact)
    replayed = replay(str(tmp_path), run.name, proposer=Asker())
    assert replayed.difference == ""
    assert replayed.commits == len(run.entries())
    assert replayed.calls == len(models.asked)


class Twins(Echo):
    """The first two answers are the same, and the first comes late."""

    def __init__(self) -> None:
        super().__init__(partial(next, chain([0.4], repeat(0.0))))

    def scale(self, number, seed):
        return 0.31 if number < 3 else super().scale(number, seed)


@pytest.mark.parametrize("exact", [True, False])
def test_who_had_it_first_does_not_change_when_answers_come_at_once(tmp_path, exact):
    executor = DelayedExecutor(GUESS.load(), 2, shuffled_delays(1))
    settings = settings_of(tmp_path, exact, evaluations=9)
    run = evolve.run(settings, proposer=Asker(), executor=executor, models=Twins())
    first_of = {e.number: e.proposal.duplicate_of for e in run.entries()}
    assert (first_of[5], first_of[6]) == ((None, 5) if exact else (6, None))
    assert replay(str(tmp_path), run.name, proposer=Asker()).difference == ""
    executor = DelayedExecutor(GUESS.load(), 2, shuffled_delays(2))
    more = evolve.resume(
        str(tmp_path), run.name, 1, proposer=Asker(), executor=executor,
        models=Echo(lambda: 0.0, first_call=10_000),
    )  # fmt: skip
    assert len(more.entries()) > len(first_of)


class Rambler(Asker):
    """Asks otherwise than the Asker."""

    def ask(self, context):
        self._gained = 99.0
        return super().ask(context)


def test_a_replay_that_asks_otherwise_names_what_differs(tmp_path):
    run, *_ = search(tmp_path, 1, exact=True, evaluations=20)
    executor = DelayedExecutor(GUESS.load(), 2, lambda: 0.0)
    with pytest.raises(JournalConflictError, match=r"no recorded reply.* differs.* in messages"):
        evolve.resume(
            str(tmp_path), run.name, 5, proposer=Rambler(), executor=executor,
            models=Echo(lambda: 0.0, first_call=1000),
        )  # fmt: skip
    with pytest.raises(UsageError, match=r"no recorded reply.* differs.* in messages"):
        replay(str(tmp_path), run.name, proposer=Rambler())


class Insisting(Asker):
    """Asks once more where the Asker was content."""

    def _converse(self, words, random, parent):
        end = yield from super()._converse(words, random, parent)
        yield Request("echo/x", (Message("user", "are you sure?"),), 50)
        return end


def test_a_replay_that_asks_more_than_then_is_refused(tmp_path):
    run, *_ = search(tmp_path, 1, exact=False, evaluations=12)
    with pytest.raises(UsageError, match=r"no recorded reply: proposal \d+ made no request 1 then"):
        replay(str(tmp_path), run.name, proposer=Insisting())

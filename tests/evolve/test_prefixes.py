"""Resuming from any prefix of an exact run's journal is as if nothing had happened."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import evolve
from archive.library import dump
from archive.store.places import store_at
from evolve.proposers.proposer import Context, Draft
from evolve.searching import Search
from evolve.settings import Settings
from tests.conftest import SOAK_FACTOR
from tests.evolve.fakes import DelayedExecutor, Scaler, shuffled_delays
from tests.problems import GUESS

EVALUATIONS = {False: 14, True: 40}  # by whether there is a race: it has to begin
PROBLEM = GUESS.load()


class Capped(Scaler):
    """The same, but answers stay in their range: what never fails can be raced."""

    def ask(self, context: Context) -> Draft | None:
        draft = super().ask(context)
        if draft is None:
            return None
        head, _, answer = draft.source.partition("return ")
        return replace(draft, source=f"{head}return min(1.0, {answer.strip()})\n")


class Recording:
    """A journal that remembers in which order it was written: what a kill leaves is a prefix."""

    def __init__(self, journal: Any) -> None:
        self._journal = journal
        self.written: list[tuple[str, tuple[Any, ...]]] = []

    def __getattr__(self, name: str) -> Any:
        known = getattr(self._journal, name)
        if not name.startswith("add_"):
            return known

        def add(*row: Any) -> Any:
            self.written.append((name, row))
            return known(*row)

        return add


@pytest.fixture(scope="module", params=[False, True], ids=["all", "raced"])
def recorded(request, tmp_path_factory):
    """The record of an uninterrupted run, what it wrote one by one, and what it came to."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("evolve.bar.ERROR_RATE", 0.2)  # so that few candidates make a bar
        yield recording_of(request.param, tmp_path_factory)


def recording_of(is_raced, tmp_path_factory):
    archive = str(tmp_path_factory.mktemp("whole"))
    executor = DelayedExecutor(PROBLEM, 3, shuffled_delays(0))
    whole = evolve.run(settings_in(archive, is_raced), proposer=Capped(), executor=executor)
    assert is_raced == ("eliminated" in whole.decisions())
    with store_at(archive).open(whole.name) as journal:
        record, expected = journal.record, dump(journal, PROBLEM)
    again = str(tmp_path_factory.mktemp("recorded"))
    with store_at(again).create(record) as journal:
        recording = Recording(journal)
        executor = DelayedExecutor(PROBLEM, 3, shuffled_delays(1))
        settings = settings_in(again, is_raced)
        search = Search(settings, PROBLEM, recording, executor, ignore, Capped(), None)
        search.go(settings.evaluations, None)
        executor.close()
        assert dump(journal, PROBLEM) == expected
    return record, recording.written, expected


def settings_in(archive: str, is_raced: bool) -> Settings:
    return Settings(
        GUESS, evaluations=EVALUATIONS[is_raced], seed=3, exact=True, racing=is_raced,
        lookahead=3, archive=archive, name="r",
    )  # fmt: skip


def ignore(event: object) -> None:
    pass


@settings(max_examples=12 * SOAK_FACTOR)
@given(share=st.floats(0.0, 1.0), seed=st.integers(0, 99))
def test_a_run_goes_on_from_any_prefix(recorded, share, seed):
    record, written, expected = recorded
    with tempfile.TemporaryDirectory() as archive:
        with store_at(archive).create(record) as journal:
            for name, row in written[: round(share * len(written))]:
                getattr(journal, name)(*row)
        executor = DelayedExecutor(PROBLEM, 1 + seed % 4, shuffled_delays(seed))
        evolve.resume(archive, record.name, proposer=Capped(), executor=executor)
        with store_at(archive).open(record.name) as journal:
            assert dump(journal, PROBLEM) == expected


def test_every_kind_of_row_was_written(recorded):
    kinds = {name for name, _ in recorded[1]}
    assert kinds == {"add_proposal", "add_evaluation", "add_commit", "add_note"}

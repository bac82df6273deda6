"""What holds however parents are chosen."""

from __future__ import annotations

from pathlib import Path

import pytest

import evolve
from archive.library import dump
from archive.store.places import store_at
from evaluators.errors import UsageError
from evolve.selection import SELECTIONS, check_selection, selection_of
from evolve.settings import Settings
from tests.evolve.fakes import DelayedExecutor, shuffled_delays
from tests.problems import GUESS

PROBLEM = GUESS.load()


def searched(archive: Path, selection: str, *evaluations: int) -> bytes | str:
    """A run of the embedded search, resumed whenever so many evaluations are done: its dump."""
    first, *more = evaluations
    settings = Settings(
        GUESS, evaluations=first, seed=4, exact=True, lookahead=4, selection=selection,
        archive=str(archive), name="r",
    )  # fmt: skip
    evolve.run(settings, executor=DelayedExecutor(PROBLEM, 2, shuffled_delays(1, 0.001)))
    for added in more:
        executor = DelayedExecutor(PROBLEM, 3, shuffled_delays(2, 0.001))
        evolve.resume(str(archive), "r", added, executor=executor)
    with store_at(str(archive)).open("r") as journal:
        return dump(journal, PROBLEM)


@pytest.mark.parametrize("name", SELECTIONS)
def test_a_resumed_run_chooses_as_one_that_was_never_interrupted(tmp_path, name):
    whole = searched(tmp_path / "whole", name, 60)
    assert searched(tmp_path / "resumed", name, 25, 20, 15) == whole


def test_selections_differ(tmp_path):
    found = {name: searched(tmp_path / name, name, 60) for name in SELECTIONS}
    assert len(set(found.values())) == len(SELECTIONS)


def test_an_unknown_name_is_the_users_fault():
    with pytest.raises(UsageError, match="unknown selection 'gird'"):
        check_selection("gird", PROBLEM)


def test_there_is_no_grid_without_features():
    class Featureless(type(PROBLEM)):
        features = ()

    with pytest.raises(UsageError, match="no behaviour features"):
        selection_of("grid", Featureless(), PROBLEM.objectives)

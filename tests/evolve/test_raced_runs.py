"""A run with a race: what is journalled, what is played, what is said of it."""

from __future__ import annotations

from collections import Counter
from contextlib import closing

import pytest

import evolve
from archive.library import dump
from archive.store.places import store_at
from evaluators.contract import Score
from evolve.cli.main import main
from evolve.replaying import replay
from evolve.settings import Settings
from tests.evolve.fakes import DelayedExecutor, shuffled_delays
from tests.evolve.test_prefixes import Capped
from tests.problems import GUESS

PROBLEM = GUESS.load()


@pytest.fixture(scope="module", autouse=True)
def low_bar():
    """So that few candidates make a bar."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("evolve.bar.ERROR_RATE", 0.2)
        yield


@pytest.fixture(scope="module")
def made(low_bar, tmp_path_factory):
    """The archive and the executor of a run; its name is `r`."""
    archive = str(tmp_path_factory.mktemp("raced"))
    executor = DelayedExecutor(PROBLEM, 2, shuffled_delays(0))
    evolve.run(settings_in(archive), proposer=Capped(), executor=executor)
    return archive, executor


def settings_in(archive: str, exact: bool = True) -> Settings:
    return Settings(
        GUESS, evaluations=60, seed=3, exact=exact, racing=True, lookahead=3, archive=archive,
        name="r",
    )  # fmt: skip


def eliminated_in(run):
    return [e for e in run.entries() if e.decision == "eliminated"]


def test_no_workload_of_a_policy_is_played_twice(made):
    whole = tuple(w.id for w in PROBLEM.workloads("search"))
    counts = Counter(
        (job.source, workload)
        for job in made[1].played
        if job.purpose == "search"
        for workload in job.workload_ids or whole
    )
    assert set(counts.values()) == {1}


def test_who_lost_is_scored_on_a_few_and_has_no_value(made):
    run = evolve.open_run(made[0], "r")
    for entry in eliminated_in(run):
        assert isinstance(entry.outcome, Score)
        assert {len(values) for values in entry.outcome.values.values()} == {1}
        assert not entry.is_valid
        assert not entry.values
        assert run.scores(entry) == {}
    assert eliminated_in(run)


def test_who_lost_is_no_parent_and_is_counted(made):
    run = evolve.open_run(made[0], "r")
    lost = {e.number for e in eliminated_in(run)}
    parents = {n for e in run.entries() for n in e.proposal.parents}
    assert not lost & parents  # nobody knows what a child of it is better than
    assert run.raced()["eliminated"] == len(lost) == run.decisions()["eliminated"]


def test_who_went_on_has_the_score_of_all_workloads(made):
    run = evolve.open_run(made[0], "r")
    for entry in run.entries():
        if entry.is_valid:
            assert run.scores(entry)["search"].values.keys() == entry.values["search"].keys()
            assert len(run.scores(entry)["search"].values["error"]) == 4


def test_a_raced_run_is_replayed(made):
    assert replay(made[0], "r", Capped()).difference == ""


def test_a_raced_run_that_is_not_exact_is_replayed(low_bar, tmp_path):
    executor = DelayedExecutor(PROBLEM, 2, shuffled_delays(0))
    evolve.run(settings_in(str(tmp_path), exact=False), proposer=Capped(), executor=executor)
    assert replay(str(tmp_path), "r", Capped()).difference == ""


def test_an_extended_run_is_as_if_it_had_been_one(made, low_bar, tmp_path):
    archive = str(tmp_path)
    short = Settings(**{**vars(settings_in(archive)), "evaluations": 35})
    evolve.run(short, proposer=Capped(), executor=executor_of(2))
    evolve.resume(archive, "r", 25, proposer=Capped(), executor=executor_of(3))
    with (
        closing(store_at(archive).open("r")) as extended,
        closing(store_at(made[0]).open("r")) as whole,
    ):
        assert dump(extended, PROBLEM) == dump(whole, PROBLEM)


def executor_of(slots: int) -> DelayedExecutor:
    return DelayedExecutor(PROBLEM, slots, shuffled_delays(slots))


def test_what_it_came_to_is_said(made, capsys):
    where = ["--archive", made[0]]
    assert main(["status", "r", *where]) == 0
    assert "eliminated after 1 of 4 workloads" in capsys.readouterr().out
    number = eliminated_in(evolve.open_run(made[0], "r"))[0].number
    assert main(["show", f"r/{number}", *where]) == 0
    assert "met no others" in capsys.readouterr().out
    assert main(["doctor", "r", *where]) == 0
    assert "the front rebuilt from the journal is the one" in capsys.readouterr().out

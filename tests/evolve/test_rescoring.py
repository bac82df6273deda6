"""A front scored again when its problem has another version: both are kept, nothing is lost."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from archive.library import dump
from archive.store.places import store_at
from archive.store.texts import add_lines, lines_of
from evaluators.contract import Failure
from evaluators.errors import UsageError
from evaluators.scoring import is_clean
from evolve.events import Event, Played
from evolve.rescoring import rescore
from evolve.runs import open_run
from tests.evolve.changing import (
    FEWER_WORKLOADS,
    HALVED,
    NO_PREVIOUS,
    OTHER_BASELINE,
    OTHER_OBJECTIVE,
    RENAMED_WORKLOADS,
    SECOND,
    SHOWS_NO_PREVIOUS,
    Made,
)
from tests.evolve.fakes import DelayedExecutor
from tests.problems import SumProblem


def values(entries: Any) -> dict[int, Any]:
    return {e.number: e.values for e in entries}


@pytest.fixture
def made(tmp_path: Path) -> Made:
    made = Made(str(tmp_path / "runs"), tmp_path / "problem.py")
    made.change()
    made.search()
    return made


@pytest.fixture(params=["folder", "postgres"])
def anywhere(request: pytest.FixtureRequest, tmp_path: Path) -> Made:
    is_folder = request.param == "folder"
    place = str(tmp_path / "runs") if is_folder else request.getfixturevalue("postgres").emptied()
    made = Made(place, tmp_path / "problem.py")
    made.change()
    made.search()
    return made


def test_both_are_kept(anywhere: Made) -> None:
    made = anywhere
    before = open_run(made.archive, "r")
    front, volume, stopped = values(before.front()), before.hypervolume(), before.stopped
    rows, baselines = made.lines("evaluation"), values(before.baselines().values())
    with closing(store_at(made.archive).open("r")) as journal:
        dumped = dump(journal, before.scale)

    made.change(SECOND, HALVED)
    found, played = made.rescore()

    assert len(played) == 2 * len({e.proposal.digest for e in found.outstanding()})
    assert {job.purpose for job in played} == {"rescore"}
    assert {e.proposal.proposer for e in found.entries} >= {"seed/given_1", "seed/given_2"}
    for e in found.entries:
        for split in ("search", "selection"):
            was = front[e.number][split]
            assert e.values[split]["evenness"] == pytest.approx(was["evenness"] / 2)
            assert e.values[split]["moved"] == was["moved"]
    assert set(found.baselines()) == {"largest_first", "round_robin", "stay"}
    assert found.hypervolume() < volume == found.then.hypervolume()

    after = open_run(made.archive, "r")
    assert values(after.front()) == front
    assert values(after.baselines().values()) == baselines
    assert (after.hypervolume(), after.stopped) == (volume, stopped)
    assert (after.identity["version"], found.identity["version"]) == (1, 2)
    assert list(after.rescores()) == [found.identity]
    assert made.lines("evaluation")[: len(rows)] == rows
    with closing(store_at(made.archive).open("r")) as journal:
        assert dump(journal, after.scale) == dumped

    again, played = made.rescore()
    assert played == []
    assert values(again.outstanding()) == values(found.outstanding())
    assert len(made.lines("message")) == 1


def test_each_version_is_kept_by_itself(made: Made) -> None:
    made.change(SECOND, HALVED)
    second, _ = made.rescore()
    made.change(("version = 1", "version = 3"))
    third, played = made.rescore()
    assert len(played) == 2 * len({e.proposal.digest for e in third.outstanding()})
    assert values(third.entries) == values(third.then.front())  # scored as it was
    assert [i["version"] for i in open_run(made.archive, "r").rescores()] == [2, 3]
    made.change(SECOND, HALVED)
    again, played = made.rescore()
    assert (values(again.entries), played) == (values(second.entries), [])


@pytest.mark.parametrize("arrivals", [1, 4, 9])
def test_what_is_interrupted_goes_on(made: Made, arrivals: int) -> None:
    def interrupt(event: Event) -> None:
        if isinstance(event, Played) and event.done >= arrivals:
            raise KeyboardInterrupt

    made.change(SECOND, HALVED)
    known = len(made.lines("evaluation"))
    with pytest.raises(KeyboardInterrupt):
        made.rescore(interrupt)
    kept = len(made.lines("evaluation")) - known
    told: list[Event] = []
    found, played = made.rescore(told.append)
    total = 2 * len({e.proposal.digest for e in found.outstanding()})
    assert arrivals <= kept < total
    assert len(played) == total - kept
    assert told[-1] == Played(total - kept, total - kept)
    assert len(made.lines("evaluation")) == known + total


@pytest.mark.parametrize("change", [RENAMED_WORKLOADS, FEWER_WORKLOADS])
def test_other_workloads(made: Made, change: tuple[str, str]) -> None:
    front = values(open_run(made.archive, "r").front())
    made.change(SECOND, change)
    found, _ = made.rescore()
    assert values(found.then.front()) == front
    assert all(set(e.values) == {"search", "selection"} for e in found.entries)
    assert 0 < found.hypervolume() <= 1


def test_an_objective_that_is_gone_and_one_that_is_new(made: Made) -> None:
    made.search("by_moved", objectives=("moved",), require=("moved<=0.9",))
    front = values(open_run(made.archive, "r").front())
    made.change(SECOND, OTHER_OBJECTIVE)
    found, _ = made.rescore()
    assert values(found.then.front()) == front
    assert all(set(e.values["search"]) == {"evenness", "share_moved"} for e in found.entries)
    assert [o.name for o in found.objectives()] == ["evenness", "share_moved"]
    assert "the objective is gone: moved" in found.caution
    with pytest.raises(UsageError, match="no objective that run by_moved went by"):
        rescore(made.archive, "by_moved", executor=made.executor())


def test_a_constraint_on_an_objective_that_is_gone_is_said(made: Made) -> None:
    store_at(made.archive).remove("r")
    made.search(require=("moved<=0.95", "evenness>=0.1"))
    made.change(SECOND, OTHER_OBJECTIVE)
    found, _ = made.rescore()
    assert [c.objective.name for c in found.constraints()] == ["evenness"]
    assert "moved<=0.95" in found.caution


def test_what_fails_now_is_shown_with_its_failure(made: Made) -> None:
    made.change(SECOND, NO_PREVIOUS, SHOWS_NO_PREVIOUS)
    found, _ = made.rescore()
    stay = found.baselines()["stay"]
    assert (stay.decision, stay.values) == ("failed", {})
    assert not is_clean(stay.outcome)
    assert not isinstance(stay.outcome, Failure)
    assert {f.kind for f in stay.outcome.failures.values()} == {"crash"}
    failing = [e.proposal.proposer for e in found.entries if e.decision == "failed"]
    assert set(failing) >= {"seed/stay", "seed/given_1", "seed/given_2"}
    assert "seed/largest_first" not in failing
    assert len(found.entries) == len(found.then.front())
    assert stay.proposal.digest not in {e.proposal.digest for e in found.front()}
    assert found.front(), "nothing that needs no `previous` is left"


def test_a_baseline_that_the_run_has_not_is_played_too(made: Made) -> None:
    made.change(SECOND, OTHER_BASELINE)
    found, _ = made.rescore()
    mended = found.baselines()["stay"]
    assert (mended.number, found.label(mended)) == (0, "")
    assert mended.values == found.then.baselines()["stay"].values
    again, played = made.rescore()
    assert (played, again.baselines()["stay"]) == ([], mended)
    run_now = open_run(made.archive, "r")
    assert mended.proposal.digest not in {e.proposal.digest for e in run_now.entries()}


def test_the_front_now_is_what_neither_entry_nor_baseline_beats(made: Made) -> None:
    upside_down = ("float(moved.mean())", "1.0 - float(moved.mean())")
    made.change(SECOND, upside_down)
    found, _ = made.rescore()
    front = {e.proposal.digest for e in found.front()}
    rest = [e for e in found.outstanding() if e.proposal.digest not in front]
    assert rest, "nothing has left the front"
    for e in rest:
        mine = e.values["selection"]
        others = [x.values["selection"] for x in found.front()]
        assert any(
            round(o["evenness"] / 1e-4) >= round(mine["evenness"] / 1e-4)
            and round(o["moved"] / 1e-4) <= round(mine["moved"] / 1e-4)
            for o in others
        )


# -- what is refused ---------------------------------------------------------------------------


def refused(made: Made, message: str) -> None:
    """And nothing is journalled."""
    before = made.lines("evaluation") + made.lines("message")
    with pytest.raises(UsageError, match=message) as error:
        rescore(made.archive, "r", executor=DelayedExecutor(SumProblem(), 1, float))
    assert error.value.hint
    assert made.lines("evaluation") + made.lines("message") == before


def test_an_unchanged_problem(made: Made) -> None:
    refused(made, "nothing to rescore: sum version 1 is what run r was scored on")
    made.change(HALVED)  # without a version nobody can know
    refused(made, "nothing to rescore")


def test_a_problem_of_another_name(made: Made) -> None:
    made.change(SECOND, ('name = "sum"', 'name = "total"'))
    refused(made, "was sum, and is total now")


def test_a_problem_file_that_is_gone(made: Made) -> None:
    made.file.unlink()
    refused(made, "no problem file")


def test_a_run_that_is_being_written(made: Made) -> None:
    made.change(SECOND)
    with (
        closing(store_at(made.archive).open("r", write=True)),
        pytest.raises(UsageError, match=r"process \d+ on "),
    ):
        made.rescore()


def test_a_run_without_a_front(made: Made) -> None:
    store_at(made.archive).remove("r")
    broken = ("action = yield", "raise InvalidAction('broken')\n        action = yield")
    made.change(broken)
    made.search(evaluations=3)
    made.change(SECOND)
    refused(made, "run r has no front on the selection workloads")


# -- runs from before scales were kept ---------------------------------------------------------


def forget_scale(made: Made) -> None:
    """The run as an older adrs would have made it."""
    store = store_at(made.archive)
    with closing(store.open("r")) as journal:
        record, (_, *lines) = journal.record, lines_of(journal)
    configuration = json.loads(json.dumps(record.configuration))
    del configuration["problem"]["scale"]
    store.remove("r")
    with closing(store.create(replace(record, configuration=configuration))) as journal:
        add_lines(journal, lines)


def test_an_older_run_goes_by_the_present_problem_and_says_so(made: Made) -> None:
    front = values(open_run(made.archive, "r").front())
    forget_scale(made)
    assert values(open_run(made.archive, "r").front()) == front
    made.change(SECOND, HALVED)
    found, _ = made.rescore()
    assert values(found.then.front()) == front
    assert "scores of version 1 of the problem are read as version 2 does" in found.caution


def test_an_older_run_whose_workloads_are_gone_is_told_so(made: Made) -> None:
    forget_scale(made)
    made.change(SECOND, RENAMED_WORKLOADS)
    refused(made, "version 2 has 'search-v2-0', and what was scored has not")

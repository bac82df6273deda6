"""What keys do: followed, filtered, marked, exported, in the face of what may go wrong."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from archive.browse.screens.entry import EntryScreen
from archive.browse.screens.run import RunScreen
from archive.browse.widgets.listing import Listing
from archive.entry import Commit
from archive.export.module import export_module
from archive.library import entries_of
from archive.store.folder import FolderStore
from evaluators.errors import UsageError
from evaluators.registry import ProblemSpec
from tests.archive.browse.archives import (
    PROBLEM,
    evaluation,
    fill_descent,
    fill_hostile,
    fill_single,
    fill_small,
    proposal,
    score,
)
from tests.archive.browse.driving import browser, drive, press, seen, settle, written

GONE = ProblemSpec("gone.py")


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The small archive in the working directory."""
    monkeypatch.chdir(tmp_path)
    fill_small(tmp_path / "runs")
    return tmp_path


def test_the_best_of_one_objective_its_diff_and_its_export(small: Path) -> None:
    async def act(pilot: Pilot[None]) -> None:
        await press(pilot, "enter")  # the run
        await press(pilot, "o", "enter")  # best in the second objective
        assert isinstance(pilot.app.screen, EntryScreen)
        assert "queues/3" in seen(pilot)
        await press(pilot, "b")
        assert "against baseline 1 longest" in seen(pilot)
        assert "+    return int(waiting[1] > waiting[0] + 3)" in seen(pilot)
        await press(pilot, "e", "enter")
        assert "queues/3 is in queues-3.py" in seen(pilot)

    drive(browser(), act)
    namespace: dict[str, object] = {}
    exec((small / "queues-3.py").read_text(), namespace)
    assert callable(namespace["choose"])


def test_an_export_from_the_front_tells_the_whole_descent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_descent(tmp_path / "runs")
    monkeypatch.chdir(tmp_path)

    async def act(pilot: Pilot[None]) -> None:
        await press(pilot, "e", "enter")  # entry 2 of its descent is on no front, and not read yet
        assert "queues/3 is in queues-3.py" in seen(pilot)

    drive(browser("queues"), act)
    with FolderStore(tmp_path / "runs").open("queues") as journal:
        entries = entries_of(journal, PROBLEM)
    exported = (tmp_path / "queues-3.py").read_text()
    assert exported == export_module(PROBLEM, "queues", entries[2], entries)
    assert "Its docstring is that of queues/1, whose code was changed." in exported


def test_an_export_overwrites_nothing(small: Path) -> None:
    (small / "queues-4.py").write_text("mine\n")

    async def act(pilot: Pilot[None]) -> None:
        await press(pilot, "e", "enter")
        assert "queues-4.py is there already; give another name" in seen(pilot)
        pilot.app.screen.query_one(Input).value = "nowhere/x.py"
        await press(pilot, "enter")
        assert "nowhere/x.py: No such file or directory" in seen(pilot)
        pilot.app.screen.query_one(Input).value = "x" * 300  # longer than a name may be
        await press(pilot, "enter")
        assert "File name too long" in seen(pilot)
        pilot.app.screen.query_one(Input).value = "other.py"
        await press(pilot, "enter")
        assert "queues/4 is in other.py" in seen(pilot)

    drive(browser("queues"), act)
    assert (small / "queues-4.py").read_text() == "mine\n"
    assert "def choose" in (small / "other.py").read_text()


def test_marks_are_journalled_beside_a_live_writer(small: Path) -> None:
    async def act(pilot: Pilot[None]) -> None:
        await press(pilot, "down", "f")
        await press(pilot, "n", *"fast", "enter")
        assert "3  ★n  swap_operator" in seen(pilot)
        await press(pilot, "f")
        assert "3  n   swap_operator" in seen(pilot)
        await press(pilot, "enter")
        assert "note: fast" in seen(pilot)

    with FolderStore(small / "runs").open("queues", write=True) as journal:
        drive(browser("queues"), act)
        left = [(m.kind, dict(m.content)) for m in journal.messages()][2:]
    assert left == [
        ("favourite", {"entry": 3, "is_one": True}),
        ("note", {"entry": 3, "text": "fast"}),
        ("favourite", {"entry": 3, "is_one": False}),
    ]


def test_a_live_run_is_followed(small: Path) -> None:
    found = proposal(8, "constants", (4,))

    async def act(pilot: Pilot[None]) -> None:
        assert "7 entries - running" in seen(pilot)
        journal.add_proposal(found)
        journal.add_evaluation(evaluation(found, score("search", (1.0, 1.0))))
        journal.add_commit(Commit(8, 8, "front"))
        await look(pilot)
        assert "8 entries - running" in seen(pilot)
        assert "   8  " not in seen(pilot)  # not on the selection split yet
        journal.add_evaluation(evaluation(found, score("selection", (2.0, 2.0)), "selection"))
        await look(pilot)
        assert "     8  constants" in seen(pilot)
        journal.close()
        await look(pilot)
        assert "8 entries - stopped (evaluations)" in seen(pilot)

    async def look(pilot: Pilot[None]) -> None:
        screen = pilot.app.screen
        assert isinstance(screen, RunScreen)
        screen._look()
        await settle(pilot)

    journal = FolderStore(small / "runs").open("queues", write=True)
    drive(browser("queues"), act)


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("swap", [3, 7]),
        ("is:front by:seed", [1, 2]),
        ("failed:crash", [6]),
        ("is:favourite", [4]),
        ("is:noted", [4]),
        ("code:waiting[0] + 4)", [4]),
        ("is:failed by:constants", []),
        ("", [1, 2, 3, 4, 5, 6, 7]),
    ],
)
def test_entries_are_filtered(small: Path, query: str, numbers: list[int]) -> None:
    async def act(pilot: Pilot[None]) -> None:
        await press(pilot, "slash")
        pilot.app.screen.query_one(Input).value = query
        await press(pilot, "enter")
        listing = pilot.app.screen.query_one("#entries", Listing)
        assert [listing._rows[i].key for i in range(len(listing._rows))] == numbers

    drive(browser("queues"), act)


def test_a_filter_that_means_nothing_is_asked_again(small: Path) -> None:
    async def act(pilot: Pilot[None]) -> None:
        await press(pilot, "slash", *"is:frnt", "enter")
        assert "no entry is 'frnt'; did you mean 'front'?" in seen(pilot)
        await press(pilot, "escape")
        assert "[1 front]" in seen(pilot)

    drive(browser("queues"), act)


def test_it_is_compared_with_every_ancestor_and_baseline(small: Path) -> None:
    async def act(pilot: Pilot[None]) -> None:
        await press(pilot, "enter")
        await press(pilot, "2")
        for shown in ("parent 3 swap_operator", "baseline 2 oldest", "baseline 1 longest"):
            assert f"against {shown}" in seen(pilot)
            await press(pilot, "right_square_bracket")
        assert "against parent 3" in seen(pilot)  # all round

    drive(browser("queues"), act)


def test_the_lineage_leads_to_other_entries(small: Path) -> None:
    async def act(pilot: Pilot[None]) -> None:
        await press(pilot, "enter", "5")
        await press(pilot, "end", "enter")
        assert "queues/6: delete_statement - failed" in seen(pilot)
        assert "crash: ZeroDivisionError" in seen(pilot)
        await press(pilot, "escape", "escape", "escape", "escape")
        assert "runs in runs" in seen(pilot)  # the first screen stays

    drive(browser("queues"), act)


def test_a_run_that_goes_away_is_said_and_the_browser_stays(small: Path) -> None:
    async def act(pilot: Pilot[None]) -> None:
        shutil.rmtree(small / "runs" / "queues")
        await press(pilot, "enter")
        assert "no run 'queues' in runs" in seen(pilot)

    drive(browser(), act)


def test_a_problem_that_is_gone_leaves_code_and_lineage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.archive.browse.archives.SPEC", GONE)
    fill_single(tmp_path / "runs")
    monkeypatch.chdir(tmp_path)

    async def act(pilot: Pilot[None]) -> None:
        assert "no scores: no problem file gone.py" in seen(pilot)
        await press(pilot, "3", "enter")
        assert "np.argmax(waiting)" in seen(pilot)
        await press(pilot, "e", "enter")
        assert "single/1 cannot be exported" in seen(pilot)

    drive(browser("single"), act)


def test_an_unknown_run_is_refused_before_anything_is_drawn(small: Path) -> None:
    with pytest.raises(UsageError, match="no run 'queue'"):
        browser("queue")


def test_light_and_dark(small: Path) -> None:
    async def act(pilot: Pilot[None]) -> None:
        await press(pilot, "ctrl+t")
        assert pilot.app.theme == "textual-light"
        await press(pilot, "ctrl+t")
        assert pilot.app.theme == "textual-dark"

    drive(browser(), act)


def test_no_text_of_a_policy_or_model_commands_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_hostile(tmp_path / "runs")
    monkeypatch.chdir(tmp_path)
    screens: list[str] = []

    async def act(pilot: Pilot[None]) -> None:
        for keys in ((), ("enter",), ("3",), ("down", "enter"), *"2345", ("e",)):
            await press(pilot, *keys)
            screens.append(written(pilot))

    drive(browser(), act)
    assert [s for s in screens if any(c in s for c in "\x1b\x07\x08\x7f\x9b\u202e")] == []
    shown = "\n".join(screens)
    for text in ("# ?", "idea: an idea ?", "note: a note ?", "An answer ?", "ZeroDivisionError: ?"):
        assert text in shown

"""What keys do: followed, filtered, marked, exported, in the face of what may go wrong."""

from __future__ import annotations

import asyncio
import shutil
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widgets import Input

from archive.browse.app import Browser
from archive.browse.queries.plot import Axis
from archive.browse.queries.reading import Reading
from archive.browse.queries.search import parse_query
from archive.browse.queries.shelf import Shelf
from archive.browse.screens.entry import EntryScreen
from archive.browse.screens.run import RunScreen
from archive.browse.screens.runs import Runs
from archive.browse.widgets.listing import Column, Listing, Row
from archive.browse.widgets.scatter import _tick
from archive.entry import Commit, Proposal
from archive.export.module import export_module
from archive.library import entries_of
from archive.store.folder import FolderStore
from evaluators.contract import Failure
from evaluators.errors import UsageError
from evaluators.registry import ProblemSpec
from tests.archive.browse.archives import (
    PROBLEM,
    evaluation,
    fill_descent,
    fill_hostile,
    fill_single,
    fill_small,
    fill_started,
    proposal,
    score,
    seeds,
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

    journal = FolderStore(small / "runs").open("queues", write=True)
    drive(browser("queues"), act)


async def look(pilot: Pilot[None]) -> None:
    """What a browser does by itself every second."""
    screen = pilot.app.screen
    assert isinstance(screen, RunScreen)
    screen._look()
    await settle(pilot)


def test_a_key_during_the_first_reading_does_not_end_the_following(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_go_on = threading.Event()
    opened = Reading.open_problem

    def slowly(reading: Reading) -> None:
        may_go_on.wait(60)
        opened(reading)

    async def act(pilot: Pilot[None]) -> None:
        await pilot.pause()
        assert "reading ..." in seen(pilot)
        await pilot.press("s")
        may_go_on.set()
        await settle(pilot)
        journal.add_proposal(found := proposal(8, "constants", (4,)))
        journal.add_evaluation(evaluation(found, score("search", (1.0, 1.0))))
        journal.add_commit(Commit(8, 8, "front"))
        until = time.monotonic() + 60
        while "8 entries" not in seen(pilot) and time.monotonic() < until:
            await pilot.pause(0.05)
        assert "8 entries" in seen(pilot)

    async def run() -> None:
        app = Browser(Shelf("runs"), "queues", look_every_s=0.05)
        async with app.run_test(size=(80, 24)) as pilot:
            await act(pilot)

    monkeypatch.setattr(Reading, "open_problem", slowly)
    with FolderStore(small / "runs").open("queues", write=True) as journal:
        asyncio.run(run())


def test_what_a_look_could_not_do_is_said_until_one_can(small: Path) -> None:
    async def act(pilot: Pilot[None]) -> None:
        (small / "runs" / "queues").rename(small / "away")
        await look(pilot)
        assert "no run 'queues' in runs" in seen(pilot)
        (small / "away").rename(small / "runs" / "queues")
        await look(pilot)
        assert "no run 'queues'" not in seen(pilot)

    drive(browser("queues"), act)


def test_the_chosen_entry_stays_chosen_when_others_join(small: Path) -> None:
    async def act(pilot: Pilot[None]) -> None:
        await press(pilot, "down")
        screen = pilot.app.screen
        assert isinstance(screen, RunScreen)
        assert screen.chosen == 3
        found = proposal(8, "constants", (4,))
        with FolderStore(small / "runs").open("queues", write=True) as journal:
            journal.add_proposal(found)
            journal.add_evaluation(evaluation(found, score("search", (5.0, 5.5))))
            journal.add_evaluation(evaluation(found, score("selection", (5.0, 9.0)), "selection"))
            journal.add_commit(Commit(8, 8, "front"))
        await look(pilot)
        assert "     8      constants" in seen(pilot)
        assert screen.chosen == 3

    drive(browser("queues"), act)


def test_the_chosen_run_stays_chosen_when_another_begins(small: Path) -> None:
    async def act(pilot: Pilot[None]) -> None:
        await press(pilot, "down")
        screen = pilot.app.screen
        assert isinstance(screen, Runs)
        assert screen.query_one(Listing).key == "queues"
        fill_small(small / "runs", "another")
        screen._read()
        await settle(pilot)
        assert screen.query_one(Listing).key == "queues"
        assert "another" in seen(pilot)

    fill_small(small / "runs", "other")
    drive(browser(), act)


@pytest.mark.parametrize("message", ["", "\n"])
def test_a_failure_that_says_nothing_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, message: str
) -> None:
    first, second = seeds()
    started = ((first, (9.0, 6.0)), (second, Failure("memory", message)))
    fill_started(tmp_path / "runs", "queues", started, decisions=("front", "failed"))
    monkeypatch.chdir(tmp_path)

    async def act(pilot: Pilot[None]) -> None:
        await press(pilot, "3", "end", "enter")
        assert "queues/2: oldest - failed" in seen(pilot)
        assert seen(pilot).count("memory") == 1
        await press(pilot, "3")
        assert seen(pilot).count("memory") == 2

    drive(browser("queues"), act)


def test_a_given_policy_is_no_baseline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = seeds()
    given = proposal(3, "seed/given_1")
    child = proposal(4, "constants", (3,))
    waits = ((9.0, 6.0), (7.0, 7.0), (5.0, 5.0), (6.0, 4.0))
    started = list(zip((first, second, given, child), waits, strict=True))
    fill_started(tmp_path / "runs", "queues", started)
    monkeypatch.chdir(tmp_path)

    async def act(pilot: Pilot[None]) -> None:
        front, _, baselines = seen(pilot).partition("baselines")
        assert "given_1          5.438*" in front
        assert "given_1" not in baselines
        await press(pilot, "down", "enter", "2")
        assert "against parent 3 given_1 (1 of 3; [ ] others)" in seen(pilot)
        await press(pilot, "b")
        assert "against baseline 1 longest" in seen(pilot)

    drive(browser("queues"), act)


def required(root: Path, require: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two baselines and a child, of which something is required."""
    child = proposal(3, "constants", (1,))
    waits = ((9.0, 6.0), (7.0, 8.0), (8.0, 5.0))
    started: Sequence[tuple[Proposal, tuple[float, float]]] = list(
        zip((*seeds(), child), waits, strict=True)
    )
    fill_started(root / "runs", "queues", started, (require,))
    monkeypatch.chdir(root)


def test_what_breaks_a_requirement_is_not_to_be_beaten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    required(tmp_path, "mean_wait_1<=7", monkeypatch)

    async def act(pilot: Pilot[None]) -> None:
        shown = seen(pilot)
        assert "     3  constants        8.438*        5.438*" in shown  # 7.438 is not allowed
        assert "     2  oldest           7.438         8.438!" in shown
        assert "! 1 of 2 baselines break mean_wait_1<=7" in shown
        assert "front break" not in shown
        await press(pilot, "end", "up", "enter", "3")
        assert "breaks mean_wait_1<=7 on search; breaks mean_wait_1<=7 on selection" in seen(pilot)
        (row, *_) = (line for line in seen(pilot).splitlines() if "all search" in line)
        assert row.split()[2:4] == ["7.188", "9.188"]

    drive(browser("queues"), act)


def test_a_front_that_breaks_a_requirement_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    required(tmp_path, "mean_wait_1<=1", monkeypatch)

    async def act(pilot: Pilot[None]) -> None:
        for key in ("1", "s"):
            await press(pilot, key)
            split = "search" if key == "s" else "selection"
            assert f"! 1 of 1 on the {split} front break mean_wait_1<=1" in seen(pilot)
            assert "! 2 of 2 baselines break mean_wait_1<=1" in seen(pilot)
            assert "*" not in seen(pilot)

    drive(browser("queues"), act)


def test_each_view_says_what_it_is_of(small: Path) -> None:
    async def act(pilot: Pilot[None]) -> None:
        assert "selection split, best mean_wait_0 first" in seen(pilot)
        await press(pilot, "3")
        assert "search split, in order of commit" in seen(pilot)
        await press(pilot, "2")
        assert "selection split, best mean_wait_0 first" in seen(pilot)

    drive(browser("queues"), act)


def test_no_figure_is_cut_wherever_the_rows_are_scrolled_to() -> None:
    class Long(App[None]):
        def compose(self) -> ComposeResult:
            yield Listing((Column("n"), Column("x", "right")))

    async def run() -> None:
        async with Long().run_test(size=(40, 10)) as pilot:
            listing = pilot.app.query_one(Listing)
            listing.show([Row((str(i), "1" if i < 500 else f"0.{i}5"), i) for i in range(1000)])
            await settle(pilot)
            await press(pilot, "end")
            assert "999  0.9995" in seen(pilot)

    asyncio.run(run())


@pytest.mark.parametrize("high", [1.0, -1.234e-05, -123400000.0])
def test_the_ends_of_an_axis_leave_it_straight(high: float) -> None:
    axis = Axis(high - 1.0, high, 5)
    assert {_tick(axis, row).index("│") for row in range(5)} == {10}


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
        ("failed:crash by:delete", [6]),
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


def test_a_kind_of_failure_has_several_words() -> None:
    found = parse_query("swap failed:invalid action by:front is:failed constants code:a failed:b")
    assert found.kinds == ("invalid action",)
    assert found.proposers == ("swap", "front", "constants")
    assert found.code == "a failed:b"


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

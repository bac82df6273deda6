"""What each screen looks like, at the size of a terminal of old and at that of a large one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from textual.pilot import Pilot

from tests.archive.browse.driving import browser, drive, press, seen, settle

SIZES = [(80, 24), (160, 50)]
WALKS: dict[str, tuple[str | None, Sequence[Sequence[str]]]] = {
    "empty": (None, [[], ["enter"], ["question_mark"]]),
    "single": ("single", [[], ["s"], ["2"], ["3"], ["enter"], ["2"], ["3"], ["5"]]),
    "small": (
        "queues",
        [
            [], ["o"], ["2"], ["left"], ["3"], ["slash", *"is:failed", "enter"], ["enter"],
            ["escape", "p"], ["escape", "1", "home", "down", "enter"], ["b"], ["3"], ["5"],
            ["question_mark"], ["escape", "e"], ["escape", "n"],
            ["escape", "escape", "slash", *"by:model", "enter"], ["enter"], ["4"],
        ],
    ),
    "corrupt": ("queues", [[], ["3"], ["end", "up", "up", "up", "enter"], ["5"]]),
    "crowd": ("crowd", [[], ["2"], ["3"], ["end"], ["slash", *"by:smooth is:front", "enter"]]),
}  # fmt: skip


class Screens(SingleFileSnapshotExtension):
    """The screens of one walk as one text."""

    file_extension = "txt"
    _write_mode = WriteMode.TEXT


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("archive", WALKS)
def test_a_walk(
    archive: str,
    size: tuple[int, int],
    shelf_of: Callable[[str], Path],
    snapshot: SnapshotAssertion,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(shelf_of(archive))
    run, steps = WALKS[archive]
    screens: list[str] = []

    async def walk(pilot: Pilot[None]) -> None:
        for keys in steps:
            await press(pilot, *("space" if key == " " else key for key in keys))
            screens.append(f"===== {' '.join(keys)}\n{seen(pilot)}")

    drive(browser(run), walk, size)
    assert "".join(screens) == snapshot(extension_class=Screens)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize(
    ("archive", "run", "keys"),
    [("corrupt", None, []), ("small", "queues", []), ("small", "queues", ["down", "enter", "b"])],
    ids=["runs", "front", "diff"],
)
def test_colours(archive, run, keys, size, shelf_of, snap_compare, monkeypatch) -> None:
    monkeypatch.chdir(shelf_of(archive))

    async def walk(pilot: Pilot[None]) -> None:
        await settle(pilot)
        await press(pilot, *keys)

    assert snap_compare(browser(run), terminal_size=size, run_before=walk)

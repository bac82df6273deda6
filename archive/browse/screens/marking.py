"""What is done with an entry from any screen that shows it: favourite, note, export."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from archive.browse.queries.entry import load_kin
from archive.browse.queries.marks import favourite, note
from archive.browse.queries.reading import Reading
from archive.browse.screens.ask import Ask
from archive.browse.screens.page import Page
from archive.export.module import export_module
from archive.export.standing import Scored
from evaluators.errors import UsageError
from evaluators.identity import identity_of
from evaluators.writing import check_new, writing


def toggle_favourite(page: Page, reading: Reading, number: int, then: Callable[[], None]) -> None:
    """Make an entry a favourite, or no longer one, and show that."""
    message = favourite(number, number not in reading.marks.favourites)
    page.aside(lambda: _say(reading, *message), lambda _: then(), "mark")


def ask_note(page: Page, reading: Reading, number: int, then: Callable[[], None]) -> None:
    """Ask for a note on an entry, leave it, and show it."""

    def accept(text: str) -> None:
        if text:
            page.aside(lambda: _say(reading, *note(number, text)), lambda _: then(), "mark")

    page.app.push_screen(Ask(f"Note on {reading.run}/{number}", accept))


def ask_export(page: Page, reading: Reading, number: int) -> None:
    """Ask for a file and write the entry there as a module; a file that exists stays as it is.

    What the module tells of its descent is read first: a front alone has no dominated ancestors.
    """
    page.aside(
        lambda: load_kin(reading, number), lambda _: _ask_file(page, reading, number), "export"
    )


def _ask_file(page: Page, reading: Reading, number: int) -> None:
    def accept(name: str) -> None:
        export(reading, number, Path(name))
        page.say(f"{reading.run}/{number} is in {name}")

    name = f"{reading.run}-{number}.py"
    page.app.push_screen(Ask(f"Export {reading.run}/{number} as a Python module to", accept, name))


def export(reading: Reading, number: int, path: Path) -> None:
    """Write an entry, whose kin is loaded, as a module into a new file. Raises UsageError."""
    entry, problem = reading.entries.get(number), reading.problem
    if entry is None or problem is None:
        why = reading.damaged.get(number) or reading.trouble
        raise UsageError(f"{reading.run}/{number} cannot be exported", why)
    check_new(path)
    scored = Scored(problem, identity_of(problem), reading.constraints)
    entries = list(reading.entries.values())
    source = export_module(problem, reading.run, entry, entries, scored=scored)
    with writing(path), path.open("x", encoding="utf-8") as file:
        file.write(source)


def _say(reading: Reading, kind: str, content: dict[str, object]) -> None:
    reading.shelf.say(reading.run, kind, content)
    reading.follow()

"""The runs of an archive."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from archive.browse.queries.reading import Reading
from archive.browse.screens.page import Page
from archive.browse.screens.problem import ProblemScreen
from archive.browse.screens.run import RunScreen
from archive.browse.widgets.listing import Column, Listing, Row
from archive.library import RunStatus
from archive.wording import minute
from evaluators.errors import UsageError

_COLUMNS = (
    Column("run"),
    Column("problem"),
    Column("policies", "right"),
    Column("joined", "right"),
    Column("stopped"),
    Column("started (UTC)"),
)


class Runs(Page):
    """Where the browser starts: one line per run, the latest first."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("p", "problem", "its problem")]

    def body(self) -> ComposeResult:
        """The list."""
        yield Listing(_COLUMNS)

    def on_mount(self) -> None:
        """Read the runs now, and again now and then."""
        self.entitle(f"adrs browse - runs in {self.browser.shelf.place}")
        self.say("reading ...")
        self._read()
        self.browser.every_look(self, self._read)

    def _read(self) -> None:
        self.aside(self.browser.shelf.runs, self._show)

    def _show(self, found: tuple[list[RunStatus], list[UsageError]]) -> None:
        runs, damaged = found
        listing, rows = self.query_one(Listing), [_row(run) for run in runs]
        listing.show(rows, cursor=listing.place_in(rows))
        self.say("\n".join(f"{e.message}; {e.hint}" for e in damaged) or _empty(runs))

    def on_listing_chosen(self, event: Listing.Chosen) -> None:
        """Open a run."""
        self._open(str(event.key), RunScreen)

    def action_problem(self) -> None:
        """What the chosen run is about."""
        key = self.query_one(Listing).key
        if key is not None:
            self._open(str(key), ProblemScreen)

    def _open(self, run: str, screen: Callable[[Reading], Screen[None]]) -> None:
        def push(reading: Reading) -> None:
            self.app.push_screen(screen(reading))

        self.aside(lambda: Reading(self.browser.shelf, run), push, "open")


def _row(run: RunStatus) -> Row:
    started = minute(run.started_at)
    cells = (run.name, run.problem, str(run.evaluated), str(run.joined), run.stopped, started)
    return Row(cells, run.name)


def _empty(runs: list[RunStatus]) -> str:
    return (
        "" if runs else "no run yet: adrs problems lists what there is, adrs run PROBLEM starts one"
    )

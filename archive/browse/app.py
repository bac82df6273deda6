"""The archive in a terminal: runs, fronts, entries."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import App
from textual.binding import Binding, BindingType
from textual.screen import Screen

from archive.browse.queries.reading import Reading
from archive.browse.queries.shelf import Shelf
from archive.browse.screens.run import RunScreen
from archive.browse.screens.runs import Runs

LOOK_EVERY_S = 1.0


class Browser(App[None]):
    """Shows one archive and changes nothing of it but what people mark."""

    TITLE = "adrs browse"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+t", "tone", "light or dark", show=False),
        Binding("ctrl+c", "quit", "quit", show=False, priority=True),
    ]

    def __init__(
        self, shelf: Shelf, run: str | None = None, look_every_s: float | None = LOOK_EVERY_S
    ) -> None:
        """`run` is opened at once; None as interval: nothing is read again by itself.

        Raises:
            UsageError: there is no such run, or it cannot be read.
        """
        super().__init__()
        self.animation_level = "none"  # a terminal may be far away
        self.shelf = shelf
        self._look_every_s = look_every_s
        self._reading = None if run is None else Reading(shelf, run)

    def on_mount(self) -> None:
        """Show the runs, and the one that was named."""
        self.push_screen(Runs())
        if self._reading is not None:
            self.push_screen(RunScreen(self._reading))

    def every_look(self, screen: Screen[None], look: Callable[[], None]) -> None:
        """Look again and again while the screen is in front; a look that takes long is awaited."""

        def look_again() -> None:
            is_busy = any(w.node is screen and not w.is_finished for w in self.workers)
            if screen.is_current and not is_busy:
                look()

        if self._look_every_s is not None:
            screen.set_interval(self._look_every_s, look_again)

    def action_tone(self) -> None:
        """Dark letters on light, or light ones on dark."""
        is_dark = self.theme == "textual-dark"
        self.theme = "textual-light" if is_dark else "textual-dark"

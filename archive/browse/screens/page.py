"""What every screen has: a title, a line that says what is wrong, keys, and work beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import ContentSwitcher, Footer, Static

from archive.wording import printable
from evaluators.errors import UsageError

if TYPE_CHECKING:
    from archive.browse.app import Browser

_Result = TypeVar("_Result")


class Page(Screen[None]):
    """A screen under a title. Subclasses say what their `VIEWS` are and `body` of them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,backspace", "back", "back"),
        Binding("question_mark", "keys", "keys", key_display="?"),
        Binding("q", "app.quit", "quit", show=False),
    ]
    DEFAULT_CSS = """
    Page > .title { height: 1; background: $primary; color: $text; text-style: bold; padding: 0 1; }
    Page > .views { height: 1; background: $panel; padding: 0 1; }
    Page > .said { height: auto; max-height: 3; padding: 0 1; color: $text-warning; }
    Page ContentSwitcher, Page .body { height: 1fr; }
    """
    VIEWS: ClassVar[tuple[str, ...]] = ()
    """The names of what the number keys switch between."""

    def __init__(self) -> None:
        super().__init__()
        self.said = ""
        self._failed: dict[str, str] = {}  # group -> what its last work could not do

    def compose(self) -> ComposeResult:
        """Title, views, body, what is said, keys."""
        yield Static(classes="title", markup=False)
        if self.VIEWS:
            yield Static(classes="views", markup=False)
            with ContentSwitcher(initial=self.VIEWS[0]):
                yield from self.body()
        else:
            yield from self.body()
        yield Static(classes="said", markup=False)
        yield Footer(show_command_palette=False)

    def body(self) -> ComposeResult:
        """The widgets between: one per view, its id the view's name."""
        yield from ()

    @property
    def browser(self) -> Browser:
        """The application, which owns the shelf."""
        return self.app  # type: ignore[return-value]  # no other application has these screens

    # -- what it says --------------------------------------------------------------------------

    def entitle(self, text: str) -> None:
        """Write the title."""
        self.query_one(".title", Static).update(printable(text))

    def say(self, text: str) -> None:
        """Write the line above the keys; an empty one takes it away."""
        self.said = text
        said = self.query_one(".said", Static)
        said.update(printable(text))
        said.display = bool(text)

    @property
    def standing(self) -> str:
        """What is said as long as nothing else is to be."""
        return ""

    def aside(
        self, task: Callable[[], _Result], then: Callable[[_Result], None], group: str = "read"
    ) -> None:
        """Do what takes a while beside the screen, then show it; a later one replaces it.

        What the user can mend is said until another work of the group succeeds; everything else is
        a fault of ours and ends the browser.
        """

        async def work() -> None:
            try:
                result = await asyncio.to_thread(task)
            except UsageError as error:
                text = f"{error.message}; {error.hint}" if error.hint else error.message
                self._failed[group] = text
                self.say(text)
            else:
                if self._failed.pop(group, None) == self.said:
                    self.say(self.standing)
                then(result)

        begin: Callable[[], Awaitable[None]] = work  # begun by the worker, if nothing replaces it
        self.run_worker(begin, group=group, exclusive=True)

    # -- views ---------------------------------------------------------------------------------

    @property
    def view(self) -> str:
        """The name of the view that is shown."""
        return str(self.query_one(ContentSwitcher).current)

    def action_view(self, name: str) -> None:
        """Show another view, and give it the keys."""
        self.query_one(ContentSwitcher).current = name
        self.name_views()
        shown = self.query_one(f"#{name}", Widget)
        focusable = shown if shown.can_focus else next(iter(shown.query(":can-focus")), None)
        if focusable is not None:
            focusable.focus()

    def name_views(self) -> None:
        """Write which views there are, and which one it is."""
        parts: list[tuple[str, str]] = []
        for number, name in enumerate(self.VIEWS, 1):
            is_shown = name == self.view
            text = f"[{number} {name}]" if is_shown else f" {number} {name} "
            parts.append((text, "bold reverse" if is_shown else ""))
        self.query_one(".views", Static).update(Content.assemble(*parts, f"  {self.aspect}"))

    @property
    def aspect(self) -> str:
        """What the views are shown by, in words."""
        return ""

    # -- keys ----------------------------------------------------------------------------------

    def action_back(self) -> None:
        """The screen before; the first one stays."""
        if len(self.app.screen_stack) > 2:  # the first is textual's own
            self.app.pop_screen()

    def action_keys(self) -> None:
        """Every key that means something here."""
        from archive.browse.screens.keys import Keys

        self.app.push_screen(Keys([self, *([self.focused] if self.focused else []), self.app]))

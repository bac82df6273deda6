"""One line from the user: a file's name, a note, what to look for."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from archive.wording import printable
from evaluators.errors import UsageError

Answer = Callable[[str], None]


class Ask(ModalScreen[str | None]):
    """Asks until the answer is accepted, or Esc takes the question back."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "never mind")]
    DEFAULT_CSS = """
    Ask { align: center middle; }
    Ask > Vertical {
        width: 90%; max-width: 76; height: auto; border: solid $primary; padding: 0 1;
    }
    Ask .trouble { color: $text-error; }
    """

    def __init__(self, question: str, accept: Answer, value: str = "", form: str = "") -> None:
        """`accept` may raise UsageError, which is shown; `form` shows what is expected."""
        super().__init__()
        self._question = question
        self._accept = accept
        self._value = value
        self._form = form

    def compose(self) -> ComposeResult:
        """Question, line, what is wrong with the answer."""
        with Vertical():
            yield Static(printable(self._question), markup=False)
            yield Input(self._value, placeholder=self._form)
            yield Static(classes="trouble", markup=False)

    def on_mount(self) -> None:
        """A cursor that stays."""
        self.query_one(Input).cursor_blink = False

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take the answer, or say what is wrong with it."""
        try:
            self._accept(event.value.strip())
        except UsageError as error:
            self.query_one(".trouble", Static).update(printable(f"{error.message}; {error.hint}"))
        else:
            self.dismiss(event.value)

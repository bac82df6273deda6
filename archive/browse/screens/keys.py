"""Every key that means something on the screen below."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.dom import DOMNode
from textual.screen import ModalScreen
from textual.widgets import Static

_OURS = "archive.browse"
_NAMES = {
    "question_mark": "?",
    "slash": "/",
    "escape": "Esc",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "pageup": "PgUp",
    "pagedown": "PgDn",
}


class Keys(ModalScreen[None]):
    """A list of keys; any of the leaving ones closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q,enter", "dismiss", "close")
    ]
    DEFAULT_CSS = """
    Keys { align: center middle; }
    Keys > VerticalScroll {
        width: 48; height: auto; max-height: 100%; border: solid $primary; padding: 0 1;
    }
    """

    def __init__(self, nodes: Iterable[DOMNode]) -> None:
        """`nodes`: who listens to keys, the nearest first."""
        super().__init__()
        self._lines = _lines(nodes)

    def compose(self) -> ComposeResult:
        """One line per action."""
        with VerticalScroll():
            yield Static("\n".join(self._lines), markup=False)


def _lines(nodes: Iterable[DOMNode]) -> list[str]:
    """What each action is called, behind all of its keys."""
    keys: dict[str, list[str]] = {}
    for binding in _bindings(nodes):
        shown = [_NAMES.get(key, key) for key in binding.key.split(",")]
        keys.setdefault(binding.description, []).extend(shown)
    return [f"{' '.join(names):>16}  {what}" for what, names in keys.items()]


def _bindings(nodes: Iterable[DOMNode]) -> Iterator[Binding]:
    """Those of the browser's own classes: what comes with a widget is of no interest."""
    for node in nodes:
        for cls in type(node).__mro__:
            if cls.__module__.startswith(_OURS):
                yield from (b for b in vars(cls).get("BINDINGS", ()) if isinstance(b, Binding))

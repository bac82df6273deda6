"""A table that draws only the rows that are seen: a hundred thousand cost what twenty do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.events import Click
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from archive.wording import printable

Tone = Literal["plain", "dim", "bold"]
_BLANKS = str.maketrans("\n\t", "  ")
SAMPLE = 200  # rows that a column's width is taken from


@dataclass(frozen=True, slots=True)
class Column:
    """A heading and where its cells stand."""

    title: str
    align: Literal["left", "right"] = "left"


@dataclass(frozen=True, slots=True)
class Row:
    """One line. `key` is what it stands for; None: a line to read."""

    cells: tuple[str, ...]
    key: str | int | None = None
    tone: Tone = "plain"


class Listing(ScrollView, can_focus=True):
    """Rows under headings that stay, one of them chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "up", show=False),
        Binding("down,j", "move(1)", "down", show=False),
        Binding("pageup", "page(-1)", "a page up", show=False),
        Binding("pagedown,space", "page(1)", "a page down", show=False),
        Binding("home,g", "first", "first", show=False),
        Binding("end,G", "last", "last", show=False),
        Binding("enter", "choose", "open"),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "listing--title", "listing--chosen", "listing--dim", "listing--bold",
    }  # fmt: skip
    DEFAULT_CSS = """
    Listing { background: $surface; scrollbar-size-vertical: 1; scrollbar-size-horizontal: 1; }
    Listing > .listing--title { text-style: bold underline; color: $text-muted; }
    Listing > .listing--chosen { text-style: reverse; }
    Listing > .listing--dim { color: $text-muted; }
    Listing > .listing--bold { text-style: bold; color: $text; }
    """

    cursor: reactive[int] = reactive(0)

    class Chosen(Message):
        """Somebody pressed enter on a row that stands for something."""

        def __init__(self, listing: Listing, key: str | int) -> None:
            super().__init__()
            self.listing = listing
            self.key = key

        @property
        def control(self) -> Listing:
            """The listing that was chosen from."""
            return self.listing

    class Moved(Message):
        """Other rows are seen, or another one is chosen."""

        def __init__(self, listing: Listing) -> None:
            super().__init__()
            self.listing = listing

        @property
        def control(self) -> Listing:
            """The listing whose rows moved."""
            return self.listing

    def __init__(self, columns: Sequence[Column], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._columns = tuple(columns)
        self._rows: Sequence[Row] = ()
        self._widths = [cell_len(c.title) for c in self._columns]

    # -- what it shows -------------------------------------------------------------------------

    def show(
        self,
        rows: Sequence[Row],
        columns: Sequence[Column] | None = None,
        cursor: int | None = None,
    ) -> None:
        """Show other rows; the chosen line stays where it is unless another is named."""
        self._rows = rows
        self._columns = self._columns if columns is None else tuple(columns)
        self._fit()
        self.cursor = min(self.cursor if cursor is None else cursor, max(0, len(rows) - 1))
        self.refresh()

    def _fit(self) -> None:
        """Columns as wide as what is seen needs."""
        first = max(0, self.scroll_offset.y)
        sample = [_shown(self._rows[i]) for i in range(first, min(len(self._rows), first + SAMPLE))]
        self._widths = [
            max([cell_len(c.title), *(cell_len(cells[i]) for cells in sample if i < len(cells))])
            for i, c in enumerate(self._columns)
        ]
        width = sum(self._widths) + 2 * sum(w > 0 for w in self._widths)
        self.virtual_size = Size(width, len(self._rows) + 1)

    @property
    def key(self) -> str | int | None:
        """What the chosen row stands for."""
        return self._rows[self.cursor].key if self.cursor < len(self._rows) else None

    def place_in(self, rows: Sequence[Row]) -> int | None:
        """Where other rows have what is chosen, the nearest of several; None where they do not."""
        places = (i for i, row in enumerate(rows) if row.key == self.key is not None)
        return min(places, key=lambda i: abs(i - self.cursor), default=None)

    @property
    def seen(self) -> range:
        """The rows that are on the screen."""
        first = self.scroll_offset.y
        return range(first, min(len(self._rows), first + max(0, self.size.height - 1)))

    def render_line(self, y: int) -> Strip:
        """The headings, or the row at that height."""
        if y == 0:
            cells: tuple[str, ...] = tuple(c.title for c in self._columns)
            return self._strip(cells, self.get_component_rich_style("listing--title"))
        index = self.scroll_offset.y + y - 1
        if index >= len(self._rows):
            return Strip.blank(self.size.width, self.rich_style)
        row = self._rows[index]
        return self._strip(_shown(row), self._style_of(index, row))

    def _style_of(self, index: int, row: Row) -> Style:
        tone = "" if row.tone == "plain" else f"listing--{row.tone}"
        style = self.get_component_rich_style(tone) if tone else self.rich_style
        if index == self.cursor and self.has_focus:
            return style + self.get_component_rich_style("listing--chosen")
        return style

    def _strip(self, cells: tuple[str, ...], style: Style) -> Strip:
        parts = [
            _placed(cells[i] if i < len(cells) else "", width, column.align)
            for i, (column, width) in enumerate(zip(self._columns, self._widths, strict=True))
            if width
        ]
        strip = Strip([Segment(" " + "  ".join(parts) + " ", style)])
        x = self.scroll_offset.x
        return strip.crop_extend(x, x + self.size.width, style)

    # -- moving --------------------------------------------------------------------------------

    def action_move(self, rows: int) -> None:
        """Choose the row so many below."""
        self.cursor = min(max(0, self.cursor + rows), max(0, len(self._rows) - 1))

    def action_page(self, pages: int) -> None:
        """Choose the row a screen below."""
        self.action_move(pages * max(1, self.size.height - 2))

    def action_first(self) -> None:
        """Choose the first row."""
        self.cursor = 0

    def action_last(self) -> None:
        """Choose the last row."""
        self.cursor = max(0, len(self._rows) - 1)

    def action_choose(self) -> None:
        """Say which row is chosen."""
        if self.key is not None:
            self.post_message(self.Chosen(self, self.key))

    def watch_cursor(self) -> None:
        """Keep the chosen row on the screen."""
        y = self.scroll_offset.y
        last = y + max(1, self.size.height - 1) - 1
        if self.cursor < y:
            self.scroll_to(y=self.cursor, animate=False)
        elif self.cursor > last:
            self.scroll_to(y=y + self.cursor - last, animate=False)
        self.refresh()
        self.post_message(self.Moved(self))

    def watch_scroll_y(self, old: float, new: float) -> None:
        """Give what is seen now its room, and tell that."""
        super().watch_scroll_y(old, new)
        self._fit()
        self.post_message(self.Moved(self))

    def on_resize(self) -> None:
        """Tell that other rows are seen."""
        self.post_message(self.Moved(self))

    def on_click(self, event: Click) -> None:
        """Choose the row under the mouse."""
        if event.y > 0:
            self.cursor = min(self.scroll_offset.y + event.y - 1, max(0, len(self._rows) - 1))

    def on_focus(self) -> None:
        """Show which row is chosen."""
        self.refresh(Region(0, 0, self.size.width, self.size.height))


def _shown(row: Row) -> tuple[str, ...]:
    """The cells, each on one line, without anything that a terminal would obey."""
    return tuple(printable(cell).translate(_BLANKS) for cell in row.cells)


def _placed(text: str, width: int, align: str) -> str:
    """A cell's text in exactly its width."""
    if align == "right" and cell_len(text) < width:
        return " " * (width - cell_len(text)) + text
    return set_cell_size(text, width)

"""The front as points of two objectives, drawn with characters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from archive.browse.queries.plot import Axis, Layer, Point, axis, draw
from archive.wording import figure

SIGNS = {"limit": "+", "baseline": "o", "front": "●", "chosen": "◆"}
_STYLES = {"limit": "$text-warning", "baseline": "$text-muted", "front": "$text-primary"}
_STYLES["chosen"] = "reverse bold"
_GUTTER = 10  # cells for the figures of the vertical axis


@dataclass(frozen=True, slots=True)
class Picture:
    """What is drawn: values of two objectives."""

    x_title: str
    y_title: str
    front: Sequence[tuple[int, Point]] = ()  # number, place; from left to right
    baselines: Sequence[Point] = ()
    limit: Point | None = None


class Scatter(Widget, can_focus=True):
    """Front, baselines and limit; the chosen point of the front is moved from left to right."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,down,l,j", "move(1)", "next point", show=False),
        Binding("left,up,h,k", "move(-1)", "point before", show=False),
        Binding("enter", "choose", "open"),
    ]

    cursor: reactive[int] = reactive(0)

    class Chosen(Message):
        """Somebody pressed enter on a point of the front."""

        def __init__(self, key: int) -> None:
            super().__init__()
            self.key = key

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._picture = Picture("", "")

    def show(self, picture: Picture, first: int | None) -> None:
        """Draw another picture. What was chosen stays chosen; else the `first` number is."""
        numbers = [number for number, _ in picture.front]
        chosen = self.key if self.key in numbers else first
        self._picture = picture
        self.cursor = numbers.index(chosen) if chosen in numbers else 0
        self.refresh()

    def forget(self) -> None:
        """Choose nothing any more, until the next picture."""
        self._picture = Picture("", "")

    @property
    def key(self) -> int | None:
        """The number of the chosen point."""
        front = self._picture.front
        return front[self.cursor][0] if self.cursor < len(front) else None

    def action_move(self, points: int) -> None:
        """Choose the point so many to the right."""
        self.cursor = min(max(0, self.cursor + points), max(0, len(self._picture.front) - 1))

    def action_choose(self) -> None:
        """Say which point is chosen."""
        if self.key is not None:
            self.post_message(self.Chosen(self.key))

    def render(self) -> Content:
        """The points between their axes."""
        picture = self._picture
        points = [*(p for _, p in picture.front), *picture.baselines]
        points += [picture.limit] if picture.limit else []
        width, height = self.size.width - _GUTTER - 1, self.size.height - 4
        if not points or width < 10 or height < 3:
            return Content("nothing on this front yet" if not points else "too small to draw")
        x = axis((p[0] for p in points), width)
        y = axis((p[1] for p in points), height)
        layers = self._layers()
        rows = draw([layer for _, layer in layers], x, y)
        styles = [_STYLES[name] for name, _ in layers]
        lines = [_line(row, layers, styles, _tick(y, i)) for i, row in enumerate(rows)]
        return Content("\n").join([self._above(), *lines, *self._below(x)])

    def _layers(self) -> list[tuple[str, Layer]]:
        picture = self._picture
        chosen = [picture.front[self.cursor][1]] if self.key is not None else []
        of = {
            "limit": [picture.limit] if picture.limit else [],
            "baseline": picture.baselines,
            "front": [p for _, p in picture.front],
            "chosen": chosen,
        }
        return [(name, Layer(SIGNS[name], points)) for name, points in of.items()]

    def _above(self) -> Content:
        said = [f"{SIGNS[name]} {name}" for name in ("front", "baseline", "limit")]
        return Content(f"{self._picture.y_title}   ({', '.join(said)})")

    def _named(self) -> str:
        """The chosen point in words."""
        if self.key is None:
            return ""
        number, (x, y) = self._picture.front[self.cursor]
        return f"{SIGNS['chosen']} entry {number}: {figure(y)} at {figure(x)}"

    def _below(self, x: Axis) -> list[Content]:
        low, high = figure(x.low), figure(x.high)
        between = " " * max(1, x.cells - len(low) - len(high))
        indent = " " * (_GUTTER + 1)
        title = self._picture.x_title.rjust(x.cells - len(self._named()))
        ruler = " " * _GUTTER + "└" + "─" * x.cells
        return [
            Content(ruler),
            Content(indent + low + between + high),
            Content(indent + self._named() + title),
        ]


def _tick(y: Axis, row: int) -> str:
    """What stands left of a row: the ends of the axis, and the line."""
    value = {0: y.high, y.cells - 1: y.low}.get(row)
    said = f"{'' if value is None else figure(value):>{_GUTTER - 1}} "
    return f"{said[:_GUTTER]}│"


def _line(
    row: Sequence[int | None], layers: Sequence[tuple[str, Layer]], styles: Sequence[str], tick: str
) -> Content:
    parts: list[str | tuple[str, str]] = [tick]
    for index in row:
        parts.append(" " if index is None else (layers[index][1].sign, styles[index]))
    return Content.assemble(*parts)

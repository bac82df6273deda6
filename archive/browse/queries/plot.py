"""Points of two objectives on a grid of characters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Axis:
    """A stretch of one objective over a number of cells."""

    low: float
    high: float
    cells: int

    def cell(self, value: float) -> int:
        """The cell that a value within the stretch falls into."""
        share = (value - self.low) / (self.high - self.low)
        return min(self.cells - 1, max(0, int(share * self.cells)))


def axis(values: Iterable[float], cells: int) -> Axis:
    """An axis that holds all values, the outermost a little within its ends."""
    known = list(values)
    low, high = min(known), max(known)
    margin = (high - low) * 0.05 or abs(high) * 0.05 or 1.0
    return Axis(low - margin, high + margin, cells)


@dataclass(frozen=True, slots=True)
class Layer:
    """Points that are drawn with one sign; later layers lie over earlier ones."""

    sign: str
    points: Sequence[Point]


def draw(layers: Sequence[Layer], x: Axis, y: Axis) -> list[list[int | None]]:
    """Cells from the top row down: which layer is seen there, or None."""
    cells: list[list[int | None]] = [[None] * x.cells for _ in range(y.cells)]
    for index, layer in enumerate(layers):
        for at_x, at_y in layer.points:
            cells[y.cells - 1 - y.cell(at_y)][x.cell(at_x)] = index
    return cells

"""A table of texts, and the prompts that an order of its rows and fields makes.

Texts are kept once and in order, cells are numbers of them: an answer that is made of row and field
numbers has no way to lose, change or invent a cell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True)
class Table:
    """Cells by number of their text; equal numbers are equal texts, in whatever field."""

    value: np.ndarray  # int64[rows, fields], index into `text`
    text: tuple[str, ...]  # distinct, ascending by code point

    @cached_property
    def length(self) -> np.ndarray:
        """int64[values]: characters (code points) of every text."""
        return np.array([len(t) for t in self.text], dtype=np.int64)

    @cached_property
    def shared_prefix(self) -> np.ndarray:
        """int64[values]: characters that a text begins with like the text before it, 0 first."""
        pairs = zip(self.text[:-1], self.text[1:], strict=True)
        return np.array([0, *(common_prefix(a, b) for a, b in pairs)], dtype=np.int64)

    @property
    def num_chars(self) -> int:
        """Characters of all cells."""
        return int(self.length[self.value].sum())

    def prompts(self, row_order: np.ndarray, field_order: np.ndarray) -> list[str]:
        """The rows' texts without separators, in the order in which they are sent.

        Args:
            row_order: int64[rows], a permutation: the rows of the table in the order sent.
            field_order: int64[rows, fields], a permutation per row of the table (not per position).
        """
        cells = np.take_along_axis(self.value, field_order, axis=1)[row_order]
        text_of = self.text.__getitem__
        return ["".join(map(text_of, row)) for row in cells.tolist()]

    def content(self) -> dict[str, np.ndarray]:
        """As a workload holds it: read-only arrays by name."""
        encoded = [t.encode() for t in self.text]
        arrays: dict[str, np.ndarray] = {
            "value": self.value.astype(np.int64),
            "text": np.frombuffer(b"".join(encoded), dtype=np.uint8),
            "text_bytes": np.array([len(t) for t in encoded], dtype=np.int64),
        }
        for array in arrays.values():
            array.setflags(write=False)
        return arrays


def table_of_cells(cells: Sequence[Sequence[str]]) -> Table:
    """The table of rows of texts, all of the same number of fields."""
    text = tuple(sorted({t for row in cells for t in row}))
    number = {t: i for i, t in enumerate(text)}
    return Table(np.array([[number[t] for t in row] for row in cells], dtype=np.int64), text)


def table_of(content: Mapping[str, np.ndarray]) -> Table:
    """The table that a workload's content holds."""
    encoded, ends = content["text"].tobytes(), np.cumsum(content["text_bytes"]).tolist()
    starts = [0, *ends[:-1]]
    text = tuple(encoded[a:b].decode() for a, b in zip(starts, ends, strict=True))
    return Table(content["value"], text)


def common_prefix(a: str, b: str) -> int:
    """Characters that both begin with; about as many are compared."""
    if b.startswith(a):
        return len(a)
    same, step = 0, 1
    while a[same : same + step] == b[same : same + step]:  # differs before either ends, or b ends
        same, step = same + step, 2 * step
        if same >= len(b):
            return len(b)
    while step > 1:
        step //= 2
        if a[same : same + step] == b[same : same + step]:
            same += step
    return same

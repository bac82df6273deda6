"""How much of a text can occur in the prompt of some row, whatever the order of its fields.

Wherever a text occurs in a prompt, each two characters of it that follow each other lie within one
cell, or are the last of a cell and the first of another. So what can occur of a text ends before
the first pair that no cell of the row has and no two cells of it can make.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from evaluators.problems.prefix_reordering.table import Table

STRIDE = 8  # pieces looked at together: most rows are out after the first few


def reach(table: Table) -> np.ndarray:
    """int64[values, rows]: no longer beginning of the text occurs in any prompt of the row."""
    known = {piece for text in table.text for piece in pieces(text)}
    number = {piece: i for i, piece in enumerate(sorted(known))}
    pieces_of = [[number[piece] for piece in pieces(text)] for text in table.text]
    has_piece = _pieces_of_rows(table, number, pieces_of)
    reached = np.zeros((len(table.text), len(table.value)), dtype=np.int64)
    for value, numbers in enumerate(pieces_of):
        rows = np.arange(len(table.value))  # that can show all of the text so far
        for start in range(0, len(numbers), STRIDE):
            can_show = has_piece[numbers[start : start + STRIDE]][:, rows]
            can_show = np.logical_and.accumulate(can_show, axis=0)
            reached[value, rows] += can_show.sum(axis=0)
            rows = rows[can_show[-1]]
    return reached


def pieces(text: str) -> list[str]:
    """The first character, and each two that follow each other: as many as characters."""
    return [text[max(0, i - 1) : i + 1] for i in range(len(text))]


def _pieces_of_rows(
    table: Table, number: dict[str, int], pieces_of: Sequence[Sequence[int]]
) -> np.ndarray:
    """bool[pieces, rows]: whether a prompt of the row can have the piece."""
    has_piece = np.zeros((len(number), len(table.value)), dtype=np.bool_)
    for row, values in enumerate(table.value.tolist()):
        texts = [table.text[value] for value in values if table.text[value]]
        for value in values:
            has_piece[pieces_of[value], row] = True
        for piece in {*"".join(texts), *_seams(texts)} & number.keys():
            has_piece[number[piece], row] = True
    return has_piece


def _seams(texts: Iterable[str]) -> set[str]:
    """What two cells side by side can make."""
    ends = {(text[0], text[-1]) for text in texts}
    return {last + first for _, last in ends for first, _ in ends}

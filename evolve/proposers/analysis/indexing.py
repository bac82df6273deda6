"""The kind of `value[index]`."""

from __future__ import annotations

import ast

from evolve.proposers.analysis.kinds import Kind, Members, Number, broadcast


def member(members: Members, index: ast.expr) -> Kind | None:
    """The kind of a tuple's member, None unless the index is a literal one of its."""
    try:
        value = ast.literal_eval(index)
        return members.kinds[value] if type(value) is int else None
    except (ValueError, IndexError):
        return None


def indexed(array: Number, index: ast.expr, kind: Kind | None) -> Number | None:
    """The kind of `array[index]`: numbers, slices, masks, or index arrays side by side."""
    parts = index.elts if isinstance(index, ast.Tuple) else [index]
    kinds = kind.kinds if isinstance(kind, Members) else (kind,)
    picture = _Picture(list(array.dims))
    if not all(picture.take(p, k) for p, k in zip(parts, kinds, strict=True)):
        return None
    return Number(array.dtype, picture.dims(), array.index_of)


class _Picture:
    """The dimensions of an indexed array as its parts are read from the left."""

    def __init__(self, remaining: list[str]) -> None:
        self._remaining = remaining
        self._dims: list[str] = []
        self._arrays: Number | None = None  # what the index arrays broadcast to
        self._place = 0  # where that stands

    def take(self, part: ast.expr, kind: Kind | None) -> bool:
        """Read one part; whether it could be followed."""
        if isinstance(part, ast.Constant) and part.value is None:
            self._dims.append("1")
            return True
        if not self._remaining:
            return False
        dim = self._remaining.pop(0)
        if isinstance(part, ast.Slice):
            self._dims.append(_sliced(dim, part))
            return True
        if not isinstance(kind, Number):
            return False
        if kind.dtype == "bool" and kind.dims:
            del self._remaining[: len(kind.dims) - 1]
            self._dims.append(f"<{ast.unparse(part)}>")
            return True
        return not kind.dims or self._take_array(kind)

    def _take_array(self, kind: Number) -> bool:
        if self._arrays is None:
            self._place = len(self._dims)
            self._arrays = kind
        elif len(self._dims) != self._place:
            return False  # index arrays with a slice between them
        else:
            self._arrays = broadcast(self._arrays, kind)
        return self._arrays is not None

    def dims(self) -> tuple[str, ...]:
        """The dimensions of the result."""
        inserted = self._arrays.dims if self._arrays else ()
        before, after = self._dims[: self._place], self._dims[self._place :]
        return (*before, *inserted, *after, *self._remaining)


def _sliced(dim: str, part: ast.Slice) -> str:
    """A slice of everything keeps the dimension; another one is known by its text."""
    whole = part.lower is None and part.upper is None
    step = ast.unparse(part.step) if part.step else "1"
    return dim if whole and step in ("1", "-1") else f"<{dim}[{ast.unparse(part)}]>"

"""What an expression of a policy evaluates to: a number or an array, with dimensions by name.

Dimensions are the signature's symbols where they can be followed, and a piece of source text
otherwise (`"<waiting.wait_s > 1>"`): two arrays fit together when their dimensions have the same
names. What cannot be told is None; operators leave such expressions alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from evaluators.signature import Array, Category, Field, Leaf, Permutation, Record, Scalar, Subset

DType = Literal["bool", "int", "float"]
_RANK: dict[DType, int] = {"bool": 0, "int": 1, "float": 2}
_OF_SIGNATURE: dict[str, DType] = {"bool": "bool", "int64": "int", "float64": "float"}


@dataclass(frozen=True, slots=True)
class Number:
    """A scalar (no dimensions) or an array.

    `index_of`: its values are indices of that dimension; `size_of`: it is that dimension's size.
    """

    dtype: DType
    dims: tuple[str, ...] = ()
    index_of: str | None = field(default=None, compare=False)
    size_of: str | None = field(default=None, compare=False)

    @property
    def is_scalar(self) -> bool:
        return not self.dims


@dataclass(frozen=True, slots=True)
class Choice:
    """A text that is one of `values`."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Members:
    """A tuple: what each of its members is."""

    kinds: tuple[Kind | None, ...]


Kind = Number | Choice | Members
Environment = dict[str, Kind | None]  # dotted name -> kind; None: defined, but unknown


def number(kind: Kind | None) -> Number | None:
    """The kind when it is a number."""
    return kind if isinstance(kind, Number) else None


def wider(a: DType, b: DType) -> DType:
    """The dtype that both fit into."""
    return a if _RANK[a] >= _RANK[b] else b


def broadcast(a: Number | None, b: Number | None) -> Number | None:
    """What numpy makes of the two together, None when the dimensions do not fit."""
    if a is None or b is None:
        return None
    long, short = (a.dims, b.dims) if len(a.dims) >= len(b.dims) else (b.dims, a.dims)
    padded = ("1",) * (len(long) - len(short)) + short
    dims = []
    for x, y in zip(long, padded, strict=True):
        if x != y and "1" not in (x, y):
            return None
        dims.append(y if x == "1" else x)
    return Number(wider(a.dtype, b.dtype), tuple(dims))


def join(a: Kind | None, b: Kind | None) -> Kind | None:
    """The kind of a value that is one or the other."""
    if isinstance(a, Number) and isinstance(b, Number):
        if a.dims != b.dims:
            return None
        return Number(wider(a.dtype, b.dtype), a.dims, _common(a.index_of, b.index_of))
    return a if a == b else None


def _common(a: str | None, b: str | None) -> str | None:
    return a if a == b else None


def field_kinds(f: Field) -> Iterator[tuple[str, Kind | None]]:
    """(dotted name, kind) of a field; a record gives its own name and those of its columns."""
    if isinstance(f, Record):
        yield f.name, None
        for leaf in f.fields:
            yield f"{f.name}.{leaf.name}", _leaf_kind(leaf)
    else:
        yield f.name, _leaf_kind(f)


def _leaf_kind(leaf: Leaf) -> Kind | None:
    match leaf:
        case Scalar():
            return Number(_OF_SIGNATURE[leaf.dtype], (), leaf.index_of, leaf.name)
        case Category():
            return Choice(leaf.values)
        case Array():
            dims = tuple(str(d) for d in leaf.shape)
            return Number(_OF_SIGNATURE[leaf.dtype], dims, leaf.index_of)
        case Permutation():
            return Number("int", (str(leaf.of),), str(leaf.of))
        case Subset():
            return Number("int", (f"<{leaf.name}>",), str(leaf.of))
        case _:
            return None

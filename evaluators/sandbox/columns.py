"""Packing of neighbouring fields: columns of one length are looked at and joined as one.

Both sides of the sandbox load this file; it knows the standard library and numpy alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any, Protocol

from numpy import ndarray

from evaluators.sandbox.leaf import WORD_BYTES, BlobCodec, Dim, Sizes, VectorCodec

_dtype_of = attrgetter("dtype")
_shape_of = attrgetter("shape")


class Packer(Protocol):
    """Packs one field or several that are neighbours."""

    def pack(self, content: Mapping[str, Any], sizes: Sizes) -> tuple[bytes, Sequence[int]]:
        """The fields' bytes, and how many of them are each field's. Raises KeyError, WireError."""


class FieldPacker:
    """One field by itself."""

    def __init__(self, codec: BlobCodec) -> None:
        self._codec = codec

    def pack(self, content: Mapping[str, Any], sizes: Sizes) -> tuple[bytes, Sequence[int]]:
        data = self._codec.pack(content[self._codec.name], sizes)
        return data, (len(data),)


class ColumnsPacker:
    """At least two arrays of words over one dimension."""

    def __init__(self, codecs: Sequence[VectorCodec]) -> None:
        self._codecs = codecs
        self._columns_of = itemgetter(*(codec.name for codec in codecs))
        self._types = [ndarray] * len(codecs)
        self._dtypes = [codec.dtype for codec in codecs]
        self._dim = codecs[0].dim

    def pack(self, content: Mapping[str, Any], sizes: Sizes) -> tuple[bytes, Sequence[int]]:
        columns = self._columns_of(content)
        if self._are_as_declared(columns, sizes):
            with suppress(TypeError):  # a column with gaps
                return b"".join(columns), (WORD_BYTES * len(columns[0]),) * len(columns)
        pairs = zip(self._codecs, columns, strict=True)  # converted, or said what is wrong
        packed = [codec.pack(column, sizes) for codec, column in pairs]
        return b"".join(packed), [len(data) for data in packed]

    def _are_as_declared(self, columns: Sequence[Any], sizes: Sizes) -> bool:
        if list(map(type, columns)) != self._types:
            return False
        shapes = set(map(_shape_of, columns))
        if list(map(_dtype_of, columns)) != self._dtypes or len(shapes) > 1:
            return False
        shape = shapes.pop()
        return len(shape) == 1 and sizes.setdefault(self._dim, shape[0]) == shape[0]


def packers(codecs: Iterable[BlobCodec]) -> list[Packer]:
    """What packs these fields in this order."""
    made: list[Packer] = []
    for dim, neighbours in groupby(codecs, _words_over):
        run = list(neighbours)
        if dim is None or len(run) == 1:
            made += map(FieldPacker, run)
        else:
            made.append(ColumnsPacker([codec for codec in run if isinstance(codec, VectorCodec)]))
    return made


def _words_over(codec: BlobCodec) -> Dim | None:
    """The dimension of an array of words."""
    return codec.dim if isinstance(codec, VectorCodec) and not codec.pads else None

"""Bytes of one field: how each kind of field is packed, unpacked and bounded.

Both sides of the sandbox load this file; it knows the standard library and numpy alone. A codec is
made from a field's plain description (`evaluators.signature.describe`). `sizes` maps a dimension (a
symbol, or a literal for itself) to its size; packing an array binds what is not bound yet.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy import ndarray

Dim = str | int
Sizes = dict[Dim, int]

WORD_BYTES = 8
_KINDS = {"bool": "b", "int64": "iu", "float64": "fiu"}
_INT64_MAX = 2**63 - 1


class WireError(ValueError):
    """A value that does not fit its declared field; the message says what was expected."""


def padded(num_bytes: int) -> int:
    """The next multiple of a word."""
    return (num_bytes + WORD_BYTES - 1) & -WORD_BYTES


def _pad(data: bytes) -> bytes:
    return data + bytes(-len(data) % WORD_BYTES)


def _array_at(
    message: bytes | bytearray, offset: int, shape: tuple[int, ...], dtype: np.dtype[Any]
) -> ndarray:
    """A view into the message. numpy does not bound a negative offset: it is bounded here."""
    num_bytes = math.prod(shape) * dtype.itemsize
    if not 0 <= offset <= len(message) - num_bytes:
        raise WireError(f"an array of {num_bytes} bytes does not lie in the message")
    if dtype.kind == "b":  # any other byte than 0 is True, and only 0 and 1 come out
        raw = ndarray(shape, np.dtype("uint8"), message, offset)
        return raw.astype(bool)
    return ndarray(shape, dtype, message, offset)


def typed_array(name: str, value: Any, dtype: np.dtype[Any]) -> ndarray:
    """The value as an array of `dtype`, where that loses nothing but precision."""
    if value is None or isinstance(value, (str, bytes)):
        raise WireError(f"{name} is {type(value).__name__}, expected an array of {dtype}")
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise WireError(f"{name} is no array of {dtype}: {error}") from error
    if array.size and array.dtype.kind not in _KINDS[dtype.name]:
        raise WireError(f"{name} has dtype {array.dtype}, expected {dtype}")
    if dtype.kind == "i" and array.dtype.kind == "u" and array.size and array.max() > _INT64_MAX:
        raise WireError(f"{name} has {array.max()}, which is no int64")
    return array.astype(dtype)


class ScalarCodec:
    """One number in the header. An int64 binds the symbol of its name."""

    def __init__(self, field: Mapping[str, Any]) -> None:
        self.name: str = field["name"]
        self.dtype: str = field["dtype"]
        self.format = {"bool": "?7x", "int64": "q", "float64": "d"}[self.dtype]
        self.exact: type = {"bool": bool, "int64": int, "float64": float}[self.dtype]
        self.binds = self.dtype == "int64"

    def pack(self, value: Any) -> Any:
        if type(value) is not self.exact:
            value = self._converted(value)
        if self.binds and not -_INT64_MAX - 1 <= value <= _INT64_MAX:
            raise WireError(f"{self.name} is too large for an int64")
        return value

    def _converted(self, value: Any) -> bool | int | float:
        accepted: dict[str, tuple[type, ...]] = {
            "bool": (np.bool_,),
            "int64": (int, np.integer),
            "float64": (float, int, np.floating, np.integer),
        }
        is_bool = isinstance(value, (bool, np.bool_))
        if not isinstance(value, accepted[self.dtype]) or (is_bool and self.dtype != "bool"):
            raise WireError(f"{self.name} is {type(value).__name__}, expected {self.dtype}")
        try:
            converted: bool | int | float = self.exact(value)
        except OverflowError as error:
            raise WireError(f"{self.name} is too large for a {self.dtype}") from error
        return converted

    def unpack(self, value: bool | int | float) -> Any:
        return value


class CategoryCodec:
    """One of the declared texts, in the header by its index."""

    format = "q"
    binds = False

    def __init__(self, field: Mapping[str, Any]) -> None:
        self.name: str = field["name"]
        self.values: Sequence[str] = tuple(field["values"])

    def pack(self, value: Any) -> int:
        if not isinstance(value, str) or value not in self.values:
            raise WireError(f"{self.name} is {value!r:.80}, expected one of {list(self.values)}")
        return self.values.index(value)

    def unpack(self, value: int) -> str:
        if not 0 <= value < len(self.values):
            raise WireError(f"{self.name} has no category {value}")
        return self.values[value]


class BlobCodec(Protocol):
    """A field that lies behind the header at an offset of its own."""

    name: str

    def pack(self, value: Any, sizes: Sizes) -> bytes: ...
    def unpack(self, message: bytes | bytearray, offset: int, sizes: Sizes) -> Any: ...
    def most_bytes(self) -> int: ...


class DenseCodec:
    """An array in C order."""

    def __init__(self, name: str, dtype: str, dims: Sequence[Dim], most: Mapping[Dim, int]) -> None:
        self.name = name
        self.most = most
        self.dtype = np.dtype(dtype)
        self.dims = tuple(dims)
        self.pads = self.dtype.itemsize != WORD_BYTES

    def pack(self, value: Any, sizes: Sizes) -> bytes:
        if type(value) is not ndarray or value.dtype is not self.dtype:
            value = typed_array(self.name, value, self.dtype)
        shape = value.shape
        if len(shape) != len(self.dims) or any(
            sizes.setdefault(dim, size) != size for dim, size in zip(self.dims, shape, strict=True)
        ):
            raise self._misshaped(shape, sizes)
        return _pad(value.tobytes()) if self.pads else value.tobytes()

    def _misshaped(self, shape: tuple[int, ...], sizes: Sizes) -> WireError:
        expected = tuple(sizes.get(dim, dim) for dim in self.dims)
        return WireError(f"{self.name} has shape {shape}, expected {expected}")

    def unpack(self, message: bytes | bytearray, offset: int, sizes: Sizes) -> ndarray:
        return _array_at(message, offset, tuple(sizes[dim] for dim in self.dims), self.dtype)

    def most_bytes(self) -> int:
        return padded(math.prod(self.most[dim] for dim in self.dims) * self.dtype.itemsize)


class VectorCodec(DenseCodec):
    """A dense array of one dimension: the common case, made fast."""

    def __init__(self, name: str, dtype: str, dim: Dim, most: Mapping[Dim, int]) -> None:
        super().__init__(name, dtype, (dim,), most)
        self.dim = dim

    def pack(self, value: Any, sizes: Sizes) -> bytes:
        if type(value) is not ndarray or value.dtype is not self.dtype:
            value = typed_array(self.name, value, self.dtype)
        if value.ndim != 1 or sizes.setdefault(self.dim, len(value)) != len(value):
            raise self._misshaped(value.shape, sizes)
        return _pad(value.tobytes()) if self.pads else value.tobytes()

    def unpack(self, message: bytes | bytearray, offset: int, sizes: Sizes) -> ndarray:
        size = sizes[self.dim]
        if self.pads or not 0 <= offset <= len(message) - WORD_BYTES * size:
            return _array_at(message, offset, (size,), self.dtype)  # or says what is wrong
        return ndarray((size,), self.dtype, message, offset)


class SubsetCodec:
    """A count and at most `of` indices."""

    def __init__(self, name: str, of: Dim, most: Mapping[Dim, int]) -> None:
        self.name = name
        self.of = of
        self.most = most
        self.dtype = np.dtype("int64")

    def pack(self, value: Any, sizes: Sizes) -> bytes:
        array = typed_array(self.name, value, self.dtype)
        limit = sizes.get(self.of, self.most[self.of])
        if array.ndim != 1 or len(array) > limit:
            raise WireError(
                f"{self.name} has shape {array.shape}, expected at most {limit} indices"
            )
        return len(array).to_bytes(WORD_BYTES, "little") + array.tobytes()

    def unpack(self, message: bytes | bytearray, offset: int, sizes: Sizes) -> ndarray:
        count = int(_array_at(message, offset, (1,), self.dtype)[0])
        if not 0 <= count <= self.most[self.of]:
            raise WireError(f"{self.name} has {count} indices")
        return _array_at(message, offset + WORD_BYTES, (count,), self.dtype)

    def most_bytes(self) -> int:
        return WORD_BYTES * (1 + self.most[self.of])


class RaggedCodec:
    """Row offsets int64[rows + 1], then the rows' values without gaps."""

    def __init__(
        self, name: str, dtype: str, rows: Dim, total: Dim, most: Mapping[Dim, int]
    ) -> None:
        self.name = name
        self.dtype = np.dtype(dtype)
        self.rows = rows
        self.total = total
        self.most = most

    def pack(self, value: Any, sizes: Sizes) -> bytes:
        rows = [typed_array(self.name, row, self.dtype) for row in _listed(self.name, value)]
        _check_rows(self, len(rows), sizes)
        if any(row.ndim != 1 for row in rows):
            raise WireError(f"{self.name} has a row that is not one-dimensional")
        return _pack_rows(self, [row.tobytes() for row in rows], self.dtype.itemsize, sizes)

    def unpack(self, message: bytes | bytearray, offset: int, sizes: Sizes) -> list[ndarray]:
        ends = _row_ends(self, message, offset, sizes)
        start = offset + ends.nbytes
        values = _array_at(message, start, (int(ends[-1]),), self.dtype)
        return [values[a:b] for a, b in itertools.pairwise(ends.tolist())]

    def most_bytes(self) -> int:
        return _most_row_bytes(self, self.dtype.itemsize)


class TextCodec:
    """Row offsets int64[rows + 1] in bytes, then the texts in UTF-8."""

    def __init__(self, name: str, rows: Dim, total: Dim, most: Mapping[Dim, int]) -> None:
        self.name = name
        self.rows = rows
        self.total = total
        self.most = most

    def pack(self, value: Any, sizes: Sizes) -> bytes:
        rows = _listed(self.name, value)
        _check_rows(self, len(rows), sizes)
        if not all(isinstance(row, str) for row in rows):
            raise WireError(f"{self.name} is not a list of {sizes[self.rows]} texts")
        try:
            encoded = [row.encode() for row in rows]
        except UnicodeEncodeError as error:
            raise WireError(f"{self.name} is not valid UTF-8: {error}") from error
        return _pack_rows(self, encoded, 1, sizes)

    def unpack(self, message: bytes | bytearray, offset: int, sizes: Sizes) -> list[str]:
        ends = _row_ends(self, message, offset, sizes)
        start = offset + ends.nbytes
        text = bytes(message[start : start + int(ends[-1])])
        return [text[a:b].decode() for a, b in itertools.pairwise(ends.tolist())]

    def most_bytes(self) -> int:
        return _most_row_bytes(self, 1)


def _listed(name: str, value: Any) -> list[Any]:
    if isinstance(value, (list, tuple)):
        return list(value)
    raise WireError(f"{name} is {type(value).__name__}, expected a list with a value per row")


def _check_rows(codec: RaggedCodec | TextCodec, count: int, sizes: Sizes) -> None:
    if sizes.setdefault(codec.rows, count) != count:
        raise WireError(f"{codec.name} has {count} rows, expected {sizes[codec.rows]}")


def _pack_rows(
    codec: RaggedCodec | TextCodec, rows: list[bytes], itemsize: int, sizes: Sizes
) -> bytes:
    ends = np.cumsum([0, *map(len, rows)], dtype=np.int64) // itemsize
    limit = sizes.get(codec.total, codec.most[codec.total])
    if ends[-1] > limit:
        raise WireError(f"{codec.name} has {ends[-1]} values together, expected at most {limit}")
    return _pad(ends.tobytes() + b"".join(rows))


def _most_row_bytes(codec: RaggedCodec | TextCodec, itemsize: int) -> int:
    offsets = WORD_BYTES * (codec.most[codec.rows] + 1)
    return offsets + padded(codec.most[codec.total] * itemsize)


def _row_ends(
    codec: RaggedCodec | TextCodec, message: bytes | bytearray, offset: int, sizes: Sizes
) -> ndarray:
    ends = _array_at(message, offset, (sizes[codec.rows] + 1,), np.dtype("int64"))
    descends = (ends[1:] < ends[:-1]).any()  # a difference would wrap around
    if ends[0] != 0 or descends or ends[-1] > codec.most[codec.total]:
        raise WireError(f"{codec.name} has rows that do not fit together")
    return ends


def blob_codec(field: Mapping[str, Any], most: Mapping[Dim, int]) -> BlobCodec:
    """The codec of a described field that is neither scalar, category nor record.

    `most` has the maximum of every symbol, and every literal dimension for itself.
    """
    name = field["name"]
    match field["kind"]:
        case "Array" if len(field["shape"]) == 1:
            return VectorCodec(name, field["dtype"], field["shape"][0], most)
        case "Array":
            return DenseCodec(name, field["dtype"], field["shape"], most)
        case "Permutation":
            return VectorCodec(name, "int64", field["of"], most)
        case "Subset":
            return SubsetCodec(name, field["of"], most)
        case "Ragged":
            return RaggedCodec(name, field["dtype"], field["rows"], field["total"], most)
        case "Text":
            return TextCodec(name, field["rows"], field["total"], most)
        case kind:
            raise ValueError(f"field {name} has unknown kind {kind}")


def header_codec(field: Mapping[str, Any]) -> ScalarCodec | CategoryCodec:
    """The codec of a described scalar or category."""
    return ScalarCodec(field) if field["kind"] == "Scalar" else CategoryCodec(field)


def field_dims(field: Mapping[str, Any]) -> tuple[Dim, ...]:
    """The dimensions that a described field names."""
    if field["kind"] == "Array":
        return tuple(field["shape"])
    return tuple(field[key] for key in ("rows", "total", "of") if key in field)

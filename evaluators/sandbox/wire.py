"""The fixed binary layout of given, observation and action, made from a signature's description.

A message is a header (scalars, the sizes that its arrays bind, the arrays' offsets) and the arrays
behind it, all in words of 8 bytes. Its largest size follows from the declared maxima. Dtypes and
shapes come from the description on both sides, never from a message.

Both sides of the sandbox load this file; it knows the standard library and numpy alone.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import accumulate, chain
from operator import itemgetter
from typing import Any

from evaluators.sandbox.columns import packers
from evaluators.sandbox.leaf import (
    BlobCodec,
    CategoryCodec,
    Dim,
    ScalarCodec,
    Sizes,
    WireError,
    blob_codec,
    field_dims,
)

Field = Mapping[str, Any]  # a described field
Message = bytes | bytearray


class Section:
    """The fields of one record, or those outside every record (`name` is None)."""

    def __init__(self, name: str | None, fields: Sequence[Field], most: Mapping[Dim, int]) -> None:
        self.name = name
        self.scalars: list[ScalarCodec | CategoryCodec] = []
        self.blobs: list[BlobCodec] = []
        for f in fields:
            if f["kind"] == "Scalar":
                self.scalars.append(ScalarCodec(f))
            elif f["kind"] == "Category":
                self.scalars.append(CategoryCodec(f))
            else:
                self.blobs.append(blob_codec(f, most))
        self.packers = packers(self.blobs)
        self.num_fields = len(fields)
        self.first_scalar = 0  # index into the header, set by the layout
        self.first_offset = 0

    def place(self, first_scalar: int, first_offset: int) -> None:
        """Remember where this section's numbers lie in the header."""
        self.first_scalar = first_scalar
        self.first_offset = first_offset
        self.blob_places = {
            blob.name: (blob, first_offset + i) for i, blob in enumerate(self.blobs)
        }

    def content(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """The mapping that holds this section's fields. Raises WireError."""
        if self.name is None:
            return values
        content = values[self.name]
        if not isinstance(content, Mapping) or len(content) != self.num_fields:
            names = [codec.name for codec in (*self.scalars, *self.blobs)]
            raise WireError(f"{self.name} is not a mapping with exactly the fields {names}")
        return content

    def scalar_values(self, header: Sequence[Any]) -> dict[str, Any]:
        """The section's scalars by name."""
        return {
            codec.name: codec.unpack(header[i])
            for i, codec in enumerate(self.scalars, self.first_scalar)
        }


class RecordView:
    """A record as a policy reads it: fields are attributes, arrays are made on first use."""

    def __init__(
        self, section: Section, message: Message, header: Sequence[Any], sizes: Sizes
    ) -> None:
        self._places = section.blob_places
        self._source = (message, header, sizes)
        if section.scalars:
            self.__dict__.update(section.scalar_values(header))

    def __getattr__(self, name: str) -> Any:
        place = None if name.startswith("_") else self._places.get(name)
        if place is None:
            raise AttributeError(f"the record has no field {name!r}")
        message, header, sizes = self._source
        blob, index = place
        value = blob.unpack(message, header[index], sizes)
        setattr(self, name, value)
        return value


class Layout:
    """How one group of fields becomes a message and back.

    `bound` names the symbols that earlier messages of the same call have bound; `meaningful` names
    the int64 scalars that are symbols of anything.
    """

    def __init__(
        self, fields: Sequence[Field], maxima: Mapping[str, int], bound: Collection[Dim],
        meaningful: Collection[Dim],
    ) -> None:  # fmt: skip
        self.most = _most(fields, maxima)
        self.sections = _sections(fields, self.most)
        self.free = _free_symbols(fields, bound)
        self._bounded = [s for s in self.most if isinstance(s, str)]
        codecs = [codec for s in self.sections for codec in s.scalars]
        self.num_scalars = len(codecs)
        self.bindings = [
            (i, codec.name) for i, codec in enumerate(codecs)
            if codec.binds and codec.name in meaningful
        ]  # fmt: skip
        first_scalar, first_offset = 0, len(codecs) + len(self.free)
        for section in self.sections:
            section.place(first_scalar, first_offset)
            first_scalar += len(section.scalars)
            first_offset += len(section.blobs)
        num_words = first_offset - self.num_scalars
        self.header = struct.Struct("<" + "".join(c.format for c in codecs) + "q" * num_words)
        self.max_bytes = self.header.size + sum(
            blob.most_bytes() for s in self.sections for blob in s.blobs
        )
        self.is_flat = len(self.sections) == 1 and not self.bindings and not num_words

    def encode(self, values: Mapping[str, Any], sizes: Sizes) -> bytes:
        """The message; binds in `sizes` what these values determine.

        Raises:
            WireError: a value does not fit its field, or a size exceeds its declared maximum.
        """
        try:
            contents = [section.content(values) for section in self.sections]
            pairs = list(zip(self.sections, contents, strict=True))
            scalars = [c.pack(content[c.name]) for s, content in pairs for c in s.scalars]
            if self.is_flat:
                return self.header.pack(*scalars)
            for i, name in self.bindings:
                sizes.setdefault(name, scalars[i])
            packed = [p.pack(content, sizes) for s, content in pairs for p in s.packers]
        except KeyError as error:
            raise WireError(f"field {error} is missing") from error
        for symbol in self._bounded:
            if sizes.get(symbol, 0) > self.most[symbol]:
                raise WireError(
                    f"{symbol} is {sizes[symbol]}, its declared maximum is {self.most[symbol]}"
                )
        bound = [sizes[symbol] for symbol in self.free]
        lengths = chain.from_iterable(map(itemgetter(1), packed))
        *offsets, _ = accumulate(lengths, initial=self.header.size)
        header = self.header.pack(*scalars, *bound, *offsets)
        return header + b"".join(map(itemgetter(0), packed))

    def decode(self, message: Message, sizes: Sizes) -> dict[str, Any]:
        """The values as plain data, records as mappings; nothing in the message is trusted.

        Raises:
            WireError: the message does not follow the layout.
        """
        try:
            header = self.read_header(message, 0, sizes)
            values: dict[str, Any] = {}
            for section in self.sections:
                content = section.scalar_values(header)
                for blob, place in section.blob_places.values():
                    content[blob.name] = blob.unpack(message, header[place], sizes)
                values.update(content if section.name is None else {section.name: content})
        except (struct.error, TypeError, ValueError, OverflowError, MemoryError) as error:
            raise WireError(f"the answer does not follow its layout: {error}") from error
        return values

    def read_header(
        self, message: Message | memoryview, start: int, sizes: Sizes
    ) -> tuple[Any, ...]:
        """The header's numbers; binds the sizes that are in it."""
        header = self.header.unpack_from(message, start)
        for i, name in self.bindings:
            sizes.setdefault(name, header[i])
        for i, symbol in enumerate(self.free, self.num_scalars):
            sizes[symbol] = header[i]
        return header


class Reader:
    """Reads the fields that a policy asks for out of a trusted message."""

    def __init__(self, layout: Layout, wanted: Collection[str]) -> None:
        self._layout = layout
        plain, *records = layout.sections
        self._scalars = [
            (codec.name, i, codec.unpack)
            for i, codec in enumerate(plain.scalars)
            if codec.name in wanted
        ]
        self._blobs = [place for name, place in plain.blob_places.items() if name in wanted]
        self._records = [record for record in records if record.name in wanted]

    def read(
        self, request: Message | memoryview, start: int, end: int, sizes: Sizes
    ) -> dict[str, Any]:
        """The fields of the message at [start, end); arrays are the policy's own copies."""
        header = self._layout.read_header(request, start, sizes)
        seen = {name: unpack(header[i]) for name, i, unpack in self._scalars}
        if self._blobs or self._records:
            message = bytearray(request[start:end])
            for blob, index in self._blobs:
                seen[blob.name] = blob.unpack(message, header[index], sizes)
            for record in self._records:
                seen[str(record.name)] = RecordView(record, message, header, sizes)
        return seen


class SignatureLayout:
    """The three layouts of a signature, and what an answer's sizes are held to."""

    def __init__(self, description: Mapping[str, Any]) -> None:
        given, observation, action = (
            description[group] for group in ("given", "observation", "action")
        )
        maxima = description["maxima"]
        everything = list(_opened([*given, *observation, *action]))
        dims = {d for f in everything for d in field_dims(f)}
        meaningful = {"seed", *dims, *(f["index_of"] for f in everything if f.get("index_of"))}
        self._literals: Sizes = {d: d for d in dims if isinstance(d, int)}
        self._maxima: Sizes = {**self._literals, **maxima}
        self.given = Layout(given, maxima, (), meaningful)
        bound = _symbols_bound_by(given)
        self.observation = Layout(observation, maxima, bound, meaningful)
        self.action = Layout(action, maxima, {*bound, *maxima}, ())
        self.action_names = [f["name"] for f in action]

    def start_sizes(self) -> Sizes:
        """Sizes before anything is bound: literal dimensions are symbols for themselves."""
        return dict(self._literals)

    def encode_answer(self, values: Mapping[str, Any], sizes: Sizes) -> bytes:
        """The answer's message. Raises WireError."""
        return self.action.encode(values, self._answer_sizes(sizes))

    def decode_answer(self, message: bytes, sizes: Sizes) -> dict[str, Any]:
        """The answer, nothing of which is trusted. Raises WireError."""
        return self.action.decode(message, self._answer_sizes(sizes))

    def _answer_sizes(self, sizes: Sizes) -> Sizes:
        """A symbol that only the action has is held to its maximum."""
        return sizes if self.action.is_flat else {**self._maxima, **sizes}


def _opened(fields: Iterable[Field]) -> Iterable[Field]:
    for f in fields:
        yield from f["fields"] if f["kind"] == "Record" else (f,)


def _most(fields: Sequence[Field], maxima: Mapping[str, int]) -> dict[Dim, int]:
    dims = {d for f in _opened(fields) for d in field_dims(f)}
    return {d: d if isinstance(d, int) else maxima[d] for d in dims}


def _sections(fields: Sequence[Field], most: Mapping[Dim, int]) -> list[Section]:
    plain = [f for f in fields if f["kind"] != "Record"]
    records = [f for f in fields if f["kind"] == "Record"]
    return [Section(None, plain, most), *(Section(r["name"], r["fields"], most) for r in records)]


def _symbols_bound_by(fields: Sequence[Field]) -> set[Dim]:
    """Int64 scalars bind their name, arrays their dimensions, columns of rows their row count."""
    bound: set[Dim] = set()
    for f in _opened(fields):
        if f["kind"] == "Scalar" and f["dtype"] == "int64":
            bound.add(f["name"])
        elif f["kind"] in ("Array", "Permutation"):
            bound.update(field_dims(f))
        elif f["kind"] in ("Ragged", "Text"):
            bound.add(f["rows"])
    return bound


def _free_symbols(fields: Sequence[Field], bound: Collection[Dim]) -> list[str]:
    """The symbols that arrays of these fields bind first, in a fixed order."""
    numbers = {
        f["name"] for f in _opened(fields) if f["kind"] == "Scalar" and f["dtype"] == "int64"
    }
    fresh = _symbols_bound_by(fields) - numbers - set(bound)
    return sorted(s for s in fresh if isinstance(s, str))

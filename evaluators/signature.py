"""What crosses between a problem and a policy: named, typed, bounded fields.

A `Signature` has three groups of fields: `given` (once per episode), `observation` (each call) and
`action` (each answer). Array dimensions are symbols; a symbol is bound by an integer scalar of its
name or by the first array that has it as a dimension, and has a declared maximum, so the size of
every message is known before anything runs. The byte layout is in `evaluators.sandbox.wire`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

DType = Literal["bool", "int64", "float64"]
Dim = str | int
Value = Any  # bool | int | float | str | ndarray | list[ndarray] | list[str] | Mapping[str, Value]
Values = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Scalar:
    """One number. `low` and `high` are inclusive; `index_of` names a symbol: 0 <= x < symbol."""

    name: str
    dtype: DType
    unit: str = ""
    low: float | None = None
    high: float | None = None
    index_of: str | None = None
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Category:
    """One of `values`; the policy sees and answers the text."""

    name: str
    values: tuple[str, ...]
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Array:
    """A dense array, C order. `low`, `high` inclusive; `index_of`: 0 <= every element < symbol."""

    name: str
    dtype: DType
    shape: tuple[Dim, ...]
    unit: str = ""
    low: float | None = None
    high: float | None = None
    index_of: str | None = None
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Ragged:
    """`rows` one-dimensional arrays, at most `total` values together; a list of arrays."""

    name: str
    dtype: DType
    rows: Dim
    total: Dim
    unit: str = ""
    low: float | None = None
    high: float | None = None
    index_of: str | None = None
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """A column of `rows` UTF-8 texts, at most `total` bytes together; a list of str."""

    name: str
    rows: Dim
    total: Dim
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Permutation:
    """int64[of]: each of 0..of-1 once."""

    name: str
    of: Dim
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Subset:
    """int64[k], k <= of: distinct members of 0..of-1, in the order given."""

    name: str
    of: Dim
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """Fields under one name; the policy reads them as attributes (`waiting.prompt_tokens`)."""

    name: str
    fields: tuple[Leaf, ...]
    doc: str = ""


Leaf = Scalar | Category | Array | Ragged | Text | Permutation | Subset
Field = Leaf | Record

SEED = Scalar("seed", "int64", doc="the policy's own seed in this episode; the only randomness")


@dataclass(frozen=True, slots=True)
class Signature:
    """The entry's name, its fields and the maximum of every symbol.

    The entry is a top-level function, or a method of a top-level class. A function is called with
    the `given` and `observation` fields, a class is built once per episode with the `given` fields
    and its method is called with the `observation` fields: always by keyword, and only with those
    that its parameters name. With one `action` field the answer is its value; with several, a
    mapping from field name to value. `seed` belongs to `given` of every signature.
    """

    entry: str
    given: tuple[Field, ...]
    observation: tuple[Field, ...]
    action: tuple[Field, ...]
    maxima: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        inputs = (*self.given, *self.observation)
        _check_distinct(inputs)
        _check_distinct(self.action)
        if "seed" not in [f.name for f in inputs]:
            object.__setattr__(self, "given", (*self.given, SEED))
        if not self.action:
            raise ValueError("a signature needs at least one action field")
        for symbol in self._symbols():
            if symbol not in self.maxima:
                raise ValueError(f"symbol {symbol!r} has no declared maximum")
        known = {*self.maxima, *(x.name for x in leaves(inputs) if _is_count(x))}
        for leaf in leaves((*inputs, *self.action)):
            target: str | None = getattr(leaf, "index_of", None)
            if target is not None and target not in known:
                raise ValueError(f"{leaf.name} is an index of {target!r}, which nothing binds")

    def _symbols(self) -> Iterator[str]:
        for leaf in leaves((*self.given, *self.observation, *self.action)):
            yield from (d for d in dims(leaf) if isinstance(d, str))

    def inputs(self) -> tuple[Field, ...]:
        """All that a policy may read: given and observation."""
        return (*self.given, *self.observation)


def _check_distinct(fields: tuple[Field, ...]) -> None:
    names = [f.name for f in fields]
    if len(set(names)) != len(names):
        raise ValueError(f"field names repeat in {sorted(names)}")
    for f in fields:
        if isinstance(f, Record):
            _check_distinct(f.fields)


def _is_count(leaf: Leaf) -> bool:
    return isinstance(leaf, Scalar) and leaf.dtype == "int64"


def leaves(fields: tuple[Field, ...]) -> Iterator[Leaf]:
    """The fields with records opened, in order."""
    for f in fields:
        if isinstance(f, Record):
            yield from f.fields
        else:
            yield f


def dims(leaf: Leaf) -> tuple[Dim, ...]:
    """The dimensions that a field names."""
    match leaf:
        case Array():
            return leaf.shape
        case Ragged() | Text():
            return (leaf.rows, leaf.total)
        case Permutation() | Subset():
            return (leaf.of,)
        case _:
            return ()


def describe(signature: Signature) -> dict[str, Any]:
    """The signature as plain JSON data: what the sandboxed child is told, and what is digested."""

    def plain(f: Field) -> dict[str, Any]:
        if isinstance(f, Record):
            return {"kind": "Record", "name": f.name, "fields": [plain(x) for x in f.fields]}
        data = {k: getattr(f, k) for k in f.__slots__ if k not in ("doc", "unit")}
        return {"kind": type(f).__name__, **data}

    return {
        "entry": signature.entry,
        "given": [plain(f) for f in signature.given],
        "observation": [plain(f) for f in signature.observation],
        "action": [plain(f) for f in signature.action],
        "maxima": dict(signature.maxima),
    }

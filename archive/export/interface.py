"""How a policy is called, in words: the fields that it may read and what it answers."""

from __future__ import annotations

from evaluators.signature import (
    Array,
    Category,
    Field,
    Permutation,
    Ragged,
    Record,
    Scalar,
    Signature,
    Subset,
    Text,
)


def interface(signature: Signature) -> list[str]:
    """One line per field, in three groups."""
    return [
        "Once per episode:",
        *(line for f in signature.given for line in _lines(f, "  ")),
        "At each decision:",
        *(line for f in signature.observation for line in _lines(f, "  ")),
        "The answer, a mapping by name where there are several:",
        *(line for f in signature.action for line in _lines(f, "  ")),
    ]


def _lines(f: Field, indent: str) -> list[str]:
    about = f" - {f.doc}" if f.doc else ""
    if isinstance(f, Record):
        inner = [line for leaf in f.fields for line in _lines(leaf, indent + "  ")]
        return [f"{indent}{f.name}: attributes{about}", *inner]
    return [f"{indent}{f.name}: {_kind(f)}{about}"]


def _kind(f: Field) -> str:
    match f:
        case Scalar():
            return f"{f.dtype}{_of(f.unit)}"
        case Array():
            return f"{f.dtype}[{', '.join(map(str, f.shape))}]{_of(f.unit)}"
        case Ragged():
            return f"{f.rows} arrays of {f.dtype}{_of(f.unit)}"
        case Category():
            return f"one of {', '.join(map(repr, f.values))}"
        case Text():
            return f"{f.rows} texts"
        case Permutation():
            return f"int64[{f.of}], each of 0..{f.of}-1 once"
        case Subset():
            return f"int64[k], distinct members of 0..{f.of}-1"
        case _:
            raise TypeError(f"no words for the field {f!r}")


def _of(unit: str) -> str:
    return f" ({unit})" if unit else ""

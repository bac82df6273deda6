"""A signature in words: types, shapes, units and ranges of all that a policy is given and answers.

Only names and notation come from here; the sentences around them stand in `prompts/`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evaluators.signature import (
    Array,
    Category,
    Dim,
    Field,
    Leaf,
    Permutation,
    Ragged,
    Record,
    Scalar,
    Signature,
    Subset,
    Text,
    dims,
    leaves,
)

_PYTHON = {"bool": "bool", "int64": "int", "float64": "float"}


def interface(signature: Signature) -> dict[str, Any]:
    """What the template `sections/interface` is given."""
    return {
        "entry": signature.entry,
        "given": [_described(f) for f in signature.given],
        "observation": [_described(f) for f in signature.observation],
        "answer": [_described(f) for f in signature.action],
        "sizes": _sizes(signature),
    }


def _sizes(signature: Signature) -> Sequence[tuple[str, int]]:
    """The maxima of the symbols that are some field's dimension, in order of appearance."""
    fields = leaves((*signature.given, *signature.observation, *signature.action))
    symbols = dict.fromkeys(d for leaf in fields for d in dims(leaf) if isinstance(d, str))
    return [(symbol, signature.maxima[symbol]) for symbol in symbols]


def _described(f: Field) -> Mapping[str, Any]:
    columns = [_described(c) for c in f.fields] if isinstance(f, Record) else []
    return {"name": f.name, "kind": kind_of(f), "doc": f.doc, "columns": columns}


def kind_of(f: Field) -> str:
    """A field's type, range and unit: `float64[windows, experts] >= 0, tokens`."""
    match f:
        case Record():
            return "a record"
        case Scalar():
            return _ranged(_PYTHON[f.dtype], f)
        case Category():
            return f"str, one of {', '.join(map(repr, f.values))}"
        case Array():
            return _ranged(f"{f.dtype}[{', '.join(map(str, f.shape))}]", f)
        case Ragged():
            return _ranged(f"list of {f.rows} arrays {f.dtype}, {_most(f.total)} values in all", f)
        case Text():
            return f"list of {f.rows} str, {_most(f.total)} bytes of UTF-8 in all"
        case Permutation():
            return f"int64[{f.of}], each of 0 to {f.of} - 1 once"
        case Subset():
            return f"int64 array, some of 0 to {f.of} - 1, none twice"


def _most(dim: Dim) -> str:
    return f"at most {dim}"


def _ranged(kind: str, f: Leaf) -> str:
    assert isinstance(f, Scalar | Array | Ragged)
    text = kind + _range(f)
    return f"{text}, {f.unit}" if f.unit else text


def _range(f: Scalar | Array | Ragged) -> str:
    if f.index_of is not None:
        return f", 0 <= x < {f.index_of}"
    if f.low is not None and f.high is not None:
        return f", {_number(f.low)} to {_number(f.high)}"
    if f.low is not None:
        return f" >= {_number(f.low)}"
    return "" if f.high is None else f" <= {_number(f.high)}"


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else f"{value:g}"

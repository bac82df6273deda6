"""Hypothesis strategies for what crosses between a problem and a policy."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from evaluators.signature import (
    Array,
    Category,
    Field,
    Permutation,
    Ragged,
    Record,
    Scalar,
    Subset,
    Text,
)

MAXIMA = {"rows": 5, "items": 6, "total": 40}
INT = st.integers(-(2**63), 2**63 - 1)
FLOAT = st.floats(allow_nan=False, allow_infinity=False)
DTYPES = st.sampled_from(["bool", "int64", "float64"])


def symbols() -> st.SearchStrategy[dict[str, int]]:
    """Sizes within MAXIMA; `total` is bound by what is answered."""
    return st.fixed_dictionaries({k: st.integers(0, MAXIMA[k]) for k in ("rows", "items")})


@st.composite
def ranged(draw: st.DrawFn, items: int) -> dict[str, Any]:
    """dtype, low, high, index_of of a numeric field."""
    dtype = draw(DTYPES)
    if dtype == "bool":
        return {"dtype": dtype}
    if dtype == "int64" and items and draw(st.booleans()):
        return {"dtype": dtype, "index_of": "items"}
    low, high = sorted(draw(st.tuples(st.integers(-1000, 1000), st.integers(-1000, 1000))))
    return {
        "dtype": dtype,
        "low": draw(st.sampled_from([None, low])),
        "high": draw(st.sampled_from([None, high])),
    }


def elements(kind: dict[str, Any], items: int) -> st.SearchStrategy[Any]:
    """Values of a numeric field."""
    if kind["dtype"] == "bool":
        return st.booleans()
    if kind.get("index_of"):
        return st.integers(0, items - 1)
    if kind["dtype"] == "int64":
        low, high = kind["low"], kind["high"]
        return st.integers(-(2**63) if low is None else low, 2**63 - 1 if high is None else high)
    return st.floats(kind["low"], kind["high"], allow_nan=False, allow_infinity=False)


def _array(kind: dict[str, Any], shape: tuple[int, ...], items: int) -> st.SearchStrategy[Any]:
    return npst.arrays(kind["dtype"], shape, elements=elements(kind, items))


@st.composite
def leaf_and_value(draw: st.DrawFn, name: str, sizes: dict[str, int]) -> tuple[Field, Any]:
    """A field of any kind but record, and a valid value of it under these sizes."""
    rows, items = sizes["rows"], sizes["items"]
    numeric = draw(ranged(items))
    which = draw(st.sampled_from([Scalar, Category, Array, Ragged, Text, Permutation, Subset]))
    if which is Scalar:
        return Scalar(name, **numeric), draw(elements(numeric, items))
    if which is Category:
        return Category(name, ("fast", "slow")), draw(st.sampled_from(["fast", "slow"]))
    if which is Array:
        shape = draw(st.sampled_from([("rows",), ("rows", "items"), (3,), ()]))
        sized = tuple(sizes.get(d, d) for d in shape)
        return Array(name, shape=shape, **numeric), draw(_array(numeric, sized, items))
    if which is Ragged:
        lengths = draw(st.lists(st.integers(0, 6), min_size=rows, max_size=rows))
        value = [draw(_array(numeric, (n,), items)) for n in lengths]
        return Ragged(name, rows="rows", total="total", **numeric), value
    if which is Text:
        texts = st.lists(st.text(max_size=2), min_size=rows, max_size=rows)
        return Text(name, rows="rows", total="total"), draw(texts)
    order = np.array(draw(st.permutations(range(items))), dtype=np.int64)
    if which is Permutation:
        return Permutation(name, "items"), order
    return Subset(name, "items"), order[: draw(st.integers(0, items))]


@st.composite
def field_and_value(draw: st.DrawFn, name: str, sizes: dict[str, int]) -> tuple[Field, Any]:
    """A field of any kind, records too, and a valid value of it under these sizes."""
    if not draw(st.booleans()):
        return draw(leaf_and_value(name, sizes))
    pairs = [draw(leaf_and_value(f"x{i}", sizes)) for i in range(draw(st.integers(1, 3)))]
    fields = tuple(f for f, _ in pairs)
    return Record(name, fields), {f.name: v for f, v in pairs}


@st.composite
def fields_and_values(
    draw: st.DrawFn,
) -> tuple[tuple[Field, ...], dict[str, Any], dict[str, int]]:
    """One to three fields, their values by name, the sizes that bind."""
    sizes = draw(symbols())
    pairs = [draw(field_and_value(f"f{i}", sizes)) for i in range(draw(st.integers(1, 3)))]
    return tuple(f for f, _ in pairs), {f.name: v for f, v in pairs}, sizes

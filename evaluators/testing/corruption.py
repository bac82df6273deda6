"""Wrong answers made from right ones: every way in which an action can break its signature.

`ProblemContract` and the tests of `evaluators.checking` feed them to `check_action`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from evaluators.checking import size_of
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

Corruption = tuple[str, Any]  # what is wrong, the wrong value


def corrupted_actions(
    signature: Signature, action: Mapping[str, Any], symbols: Mapping[str, int]
) -> Iterator[Corruption]:
    """Each way to spoil a valid action: a name like `order: duplicate`, and the spoilt action.

    Args:
        signature: what the action answers.
        action: a valid action by field name.
        symbols: the sizes bound when it was asked.
    """
    yield "no field at all", {}
    yield "unknown field", {**action, "no_such_field": 0}
    for f in signature.action:
        yield f"{f.name}: missing", {k: v for k, v in action.items() if k != f.name}
        for what, value in corrupted_values(f, action[f.name], symbols):
            yield f"{f.name}: {what}", {**action, f.name: value}


def corrupted_values(f: Field, value: Any, symbols: Mapping[str, int]) -> Iterator[Corruption]:
    """Each way to spoil one field's value that its size allows (no duplicate among one)."""
    yield "None", None
    yield "str", "no such value"
    yield "complex", 1j
    match f:
        case Record():
            yield from _record(f, value, symbols)
        case Scalar():
            yield from _scalar(f, symbols)
        case Category():
            yield from (("bool", True), ("number", 0), ("array", np.zeros(2)))
        case Array():
            yield from _array(f, np.asarray(value), symbols)
        case Permutation():
            yield from _permutation(np.asarray(value))
        case Subset():
            yield from _subset(size_of(f.of, symbols))
        case Ragged():
            yield from _ragged(f, list(value), symbols)
        case Text():
            yield from (("bool", True), ("wrong shape", [*value, "one more"]))
            yield from [("wrong dtype", [0, *value[1:]])] if value else []


def _record(
    f: Record, value: Mapping[str, Any], symbols: Mapping[str, int]
) -> Iterator[Corruption]:
    yield "bool", True
    yield "unknown field", {**value, "no_such_field": 0}
    for x in f.fields:
        yield f"{x.name}: missing", {k: v for k, v in value.items() if k != x.name}
        for what, wrong in corrupted_values(x, value[x.name], symbols):
            yield f"{x.name}: {what}", {**value, x.name: wrong}


def _scalar(f: Scalar, symbols: Mapping[str, int]) -> Iterator[Corruption]:
    yield "wrong shape", [0, 0]
    if f.dtype == "bool":
        yield "number", 1
        return
    yield "bool", True
    if f.dtype == "int64":
        yield from (("wrong dtype", 0.5), ("beyond int64", 2**70))
    yield from _not_finite()
    yield from _outside(f, symbols)


def _array(f: Array, value: np.ndarray, symbols: Mapping[str, int]) -> Iterator[Corruption]:
    if f.shape or f.dtype != "bool":  # True is a good bool array without dimensions
        yield "bool", True
    yield "wrong shape", value[np.newaxis]
    if not value.size:
        return
    if f.shape:
        yield "oversized", np.repeat(value, 2, axis=0)
    yield "wrong dtype", value.astype("U8")
    if f.dtype == "int64":
        yield "float64 for int64", value + 0.5
    if f.dtype == "float64":
        yield from ((what, _first(value, x)) for what, x in _not_finite())
    yield from ((what, _first(value, x)) for what, x in _outside(f, symbols))


def _permutation(value: np.ndarray) -> Iterator[Corruption]:
    yield "bool", True
    yield "wrong shape", np.append(value, value.size)
    if value.size:
        yield "missing item", value[:-1]
        yield "wrong dtype", value + 0.5
        yield "out of range", _first(value, value.size)
        yield "negative", _first(value, -1)
    if value.size > 1:
        yield "duplicate", _first(value, value[1])


def _subset(n: int) -> Iterator[Corruption]:
    yield "bool", True
    yield "wrong shape", np.zeros((1, 1), dtype=np.int64)
    yield "wrong dtype", np.array([0.5])
    yield "out of range", np.array([n])
    yield "negative", np.array([-1])
    yield "duplicate", np.array([0, 0])


def _ragged(f: Ragged, rows: list[np.ndarray], symbols: Mapping[str, int]) -> Iterator[Corruption]:
    yield "bool", True
    yield "wrong shape", [*rows, np.zeros(0, dtype=f.dtype)]
    if not rows:
        return
    yield "row without a dimension", [np.zeros((), dtype=f.dtype), *rows[1:]]
    yield "wrong dtype", [np.array(["x"]), *rows[1:]]
    spoilt = _outside(f, symbols) if f.dtype != "float64" else _not_finite()
    yield from ((what, [np.array([x]), *rows[1:]]) for what, x in spoilt)


def _not_finite() -> Iterator[Corruption]:
    yield from (("NaN", np.nan), ("infinity", np.inf), ("minus infinity", -np.inf))


def _outside(f: Scalar | Array | Ragged, symbols: Mapping[str, int]) -> Iterator[Corruption]:
    """A value just below and one just above the declared range."""
    low = 0 if f.index_of else f.low
    high = symbols[f.index_of] - 1 if f.index_of else f.high
    kind = int if f.dtype == "int64" else float
    if low is not None:
        yield "below range", kind(low) - 1
    if high is not None:
        yield "above range", kind(high) + 1


def _first(array: np.ndarray, value: Any) -> np.ndarray:
    """A copy whose first element is `value`."""
    changed = array.copy()
    changed.flat[0] = value
    return changed

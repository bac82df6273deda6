"""Binds symbols to what was asked, and holds an answer against the signature.

The trusted side calls this on every action, whoever produced it: shapes, ranges, finiteness,
permutations and subsets. Problems add their own rules on top.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from evaluators.contract import Action
from evaluators.errors import InvalidAction
from evaluators.signature import (
    Array,
    Category,
    Dim,
    Field,
    Permutation,
    Ragged,
    Record,
    Scalar,
    Signature,
    Subset,
    Text,
    Values,
)

Symbols = dict[str, int]


def bind(fields: Iterable[Field], values: Values, symbols: Symbols) -> None:
    """Bind the symbols that these trusted values determine. Raises ValueError on a conflict."""
    for f in fields:
        match f:
            case Record():
                bind(f.fields, values[f.name], symbols)
            case Scalar(dtype="int64"):
                symbols.setdefault(f.name, int(values[f.name]))
            case Array():
                for dim, size in zip(f.shape, np.shape(values[f.name]), strict=True):
                    _bind_one(symbols, f.name, dim, size)
            case Ragged() | Text():
                _bind_one(symbols, f.name, f.rows, len(values[f.name]))
            case Permutation():
                _bind_one(symbols, f.name, f.of, len(values[f.name]))


def _bind_one(symbols: Symbols, name: str, dim: Dim, size: int) -> None:
    bound = symbols.setdefault(dim, size) if isinstance(dim, str) else dim
    if bound != size:
        raise ValueError(f"{name}: dimension {dim} is {bound} but the array has {size}")


def size_of(dim: Dim, symbols: Mapping[str, int]) -> int:
    """A dimension's size, given what is bound."""
    return symbols[dim] if isinstance(dim, str) else dim


def check_action(signature: Signature, action: Mapping[str, Any], symbols: Symbols) -> Action:
    """The action with arrays in their declared dtype. Raises InvalidAction with what was expected.

    A symbol that only the action has (the total of a ragged array, say) is held to its maximum.
    """
    expected = {f.name for f in signature.action}
    if set(action) != expected:
        raise InvalidAction(f"the answer has fields {sorted(action)}, expected {sorted(expected)}")
    bounds = {**signature.maxima, **symbols}
    return {f.name: _checked(f, action[f.name], bounds) for f in signature.action}


def _checked(f: Field, value: Any, bounds: Mapping[str, int]) -> Any:
    match f:
        case Record():
            return {x.name: _checked(x, value[x.name], bounds) for x in f.fields}
        case Scalar():
            return _scalar(f, value, bounds)
        case Category():
            if value not in f.values:
                raise InvalidAction(f"{f.name} is {value!r}, expected one of {list(f.values)}")
            return value
        case Array():
            shape = tuple(size_of(d, bounds) for d in f.shape)
            return _in_range(f, _array(f.name, value, f.dtype, shape), bounds)
        case Permutation():
            n = size_of(f.of, bounds)
            return _distinct(f.name, _array(f.name, value, "int64", (n,)), n)
        case Subset():
            return _subset(f, value, size_of(f.of, bounds))
        case Ragged():
            return _ragged(f, value, bounds)
        case Text():
            return _text(f, value, bounds)


def _scalar(f: Scalar, value: Any, bounds: Mapping[str, int]) -> bool | int | float:
    wanted: dict[str, tuple[type, ...]] = {
        "bool": (bool, np.bool_),
        "int64": (int, np.integer),
        "float64": (float, int, np.floating, np.integer),
    }
    is_bool = isinstance(value, (bool, np.bool_))
    if not isinstance(value, wanted[f.dtype]) or (is_bool and f.dtype != "bool"):
        raise InvalidAction(f"{f.name} is {type(value).__name__}, expected {f.dtype}")
    checked = _in_range(f, np.asarray(value, dtype=f.dtype), bounds)
    result: bool | int | float = checked.item()
    return result


def _array(name: str, value: Any, dtype: str, shape: tuple[int, ...]) -> np.ndarray:
    array = np.asarray(value)
    kinds = {"bool": "b", "int64": "iu", "float64": "fiu"}[dtype]
    if array.dtype.kind not in kinds and array.size:
        raise InvalidAction(f"{name} has dtype {array.dtype}, expected {dtype}")
    if array.shape != shape:
        raise InvalidAction(f"{name} has shape {array.shape}, expected {shape}")
    return array.astype(dtype)


def _in_range(
    f: Scalar | Array | Ragged, array: np.ndarray, bounds: Mapping[str, int]
) -> np.ndarray:
    if f.dtype == "float64" and not np.isfinite(array).all():
        raise InvalidAction(f"{f.name} has a value that is not finite (NaN or infinity)")
    low = 0 if f.index_of else f.low
    high = bounds[f.index_of] - 1 if f.index_of else f.high
    if array.size and low is not None and array.min() < low:
        raise InvalidAction(f"{f.name} has {array.min()}, expected at least {low}")
    if array.size and high is not None and array.max() > high:
        raise InvalidAction(f"{f.name} has {array.max()}, expected at most {high}")
    return array


def _distinct(name: str, array: np.ndarray, n: int) -> np.ndarray:
    if array.size and (array.min() < 0 or array.max() >= n):
        raise InvalidAction(f"{name} has an index outside 0..{n - 1}")
    counts = np.bincount(array, minlength=n)
    if counts.size and counts.max() > 1:
        raise InvalidAction(f"{name} has {int(counts.argmax())} {int(counts.max())} times")
    return array


def _subset(f: Subset, value: Any, n: int) -> np.ndarray:
    size = np.shape(value)
    if len(size) != 1 or size[0] > n:
        raise InvalidAction(f"{f.name} has shape {size}, expected at most {n} indices")
    return _distinct(f.name, _array(f.name, value, "int64", (size[0],)), n)


def _ragged(f: Ragged, value: Any, bounds: Mapping[str, int]) -> list[np.ndarray]:
    rows = size_of(f.rows, bounds)
    if len(value) != rows:
        raise InvalidAction(f"{f.name} has {len(value)} rows, expected {rows}")
    arrays = [_in_range(f, _array(f.name, v, f.dtype, np.shape(v)[:1]), bounds) for v in value]
    _check_total(f.name, sum(a.size for a in arrays), size_of(f.total, bounds))
    return arrays


def _text(f: Text, value: Any, bounds: Mapping[str, int]) -> list[str]:
    rows = size_of(f.rows, bounds)
    if len(value) != rows or not all(isinstance(t, str) for t in value):
        raise InvalidAction(f"{f.name} is not a list of {rows} texts")
    _check_total(f.name, sum(len(t.encode()) for t in value), size_of(f.total, bounds))
    return list(value)


def _check_total(name: str, total: int, most: int) -> None:
    if total > most:
        raise InvalidAction(f"{name} has {total} values together, expected at most {most}")

"""Binds symbols to what was asked, and holds an answer against the signature.

The trusted side calls this on every action, whoever produced it: shapes, ranges, finiteness,
permutations and subsets. Problems add their own rules on top.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import partial
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
Bounds = Mapping[Any, int]  # every symbol's size
_Check = Callable[[Any, Bounds], Any]
_SCALAR_TYPES: dict[str, tuple[type, ...]] = {
    "bool": (bool, np.bool_),
    "int64": (int, np.integer),
    "float64": (float, int, np.floating, np.integer),
}
_PYTHON_TYPE: dict[str, type[bool | int | float]] = {"bool": bool, "int64": int, "float64": float}
_DTYPE = {name: np.dtype(name) for name in ("bool", "int64", "float64")}
_INT64 = np.iinfo(np.int64)
_MOST_FLOAT = sys.float_info.max


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


def size_of(dim: Dim, symbols: Bounds) -> int:
    """A dimension's size, given what is bound."""
    return symbols[dim] if isinstance(dim, str) else dim


class ActionChecker:
    """Holds answers to one signature; what each field expects is looked up once."""

    def __init__(self, signature: Signature) -> None:
        self._maxima = dict(signature.maxima)
        self._fields = _checks(signature.action)

    def check(self, action: Mapping[str, Any], symbols: Mapping[Any, int]) -> Action:
        """The action with arrays in their declared dtype. `symbols` may hold more than symbols.

        A symbol that only the action has (the total of a ragged array, say) is held to its maximum.

        Raises:
            InvalidAction: the action is not what the signature declares; says what was expected.
        """
        return _fields("the answer", self._fields, action, {**self._maxima, **symbols})


def check_action(signature: Signature, action: Mapping[str, Any], symbols: Symbols) -> Action:
    """One answer held to its signature: see `ActionChecker.check`."""
    return ActionChecker(signature).check(action, symbols)


def _checks(fields: Iterable[Field]) -> dict[str, _Check]:
    return {f.name: _check_of(f) for f in fields}


def _check_of(f: Field) -> _Check:
    match f:
        case Record():
            return partial(_fields, f.name, _checks(f.fields))
        case Scalar():
            return partial(_scalar, f) if f.index_of else _plain_scalar(f)
        case Category():
            return partial(_category, f)
        case Array():
            return partial(_dense, f)
        case Permutation():
            return partial(_permutation, f)
        case Subset():
            return partial(_subset, f)
        case Ragged():
            return partial(_ragged, f)
        case Text():
            return partial(_text, f)


def _fields(name: str, checks: Mapping[str, _Check], value: Any, bounds: Bounds) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidAction(f"{name} is {type(value).__name__}, expected fields {sorted(checks)}")
    if value.keys() != checks.keys():
        got = sorted(map(str, value))
        raise InvalidAction(f"{name} has fields {got}, expected {sorted(checks)}")
    return {field: check(value[field], bounds) for field, check in checks.items()}


def _plain_scalar(f: Scalar) -> _Check:
    """Most answers are of the declared type and in range: these pass in one comparison."""
    exact = _PYTHON_TYPE[f.dtype]
    least, most = {
        "bool": (False, True),
        "int64": (int(_INT64.min), int(_INT64.max)),
        "float64": (-_MOST_FLOAT, _MOST_FLOAT),
    }[f.dtype]
    low = least if f.low is None else max(least, f.low)
    high = most if f.high is None else min(most, f.high)

    def check(value: Any, bounds: Bounds) -> bool | int | float:
        if type(value) is exact and low <= value <= high:
            number: bool | int | float = value
            return number
        return _scalar(f, value, bounds)

    return check


def _category(f: Category, value: Any, _: Bounds) -> str:
    if not isinstance(value, str) or value not in f.values:
        raise InvalidAction(f"{f.name} is {value!r}, expected one of {list(f.values)}")
    return value


def _scalar(f: Scalar, value: Any, bounds: Bounds) -> bool | int | float:
    is_bool = isinstance(value, (bool, np.bool_))
    fits = isinstance(value, _SCALAR_TYPES[f.dtype]) and (f.dtype == "bool" or not is_bool)
    if not fits:
        raise InvalidAction(f"{f.name} is {type(value).__name__}, expected {f.dtype}")
    try:
        number = _PYTHON_TYPE[f.dtype](value)
    except OverflowError as error:
        raise InvalidAction(f"{f.name} does not fit into {f.dtype}") from error
    if f.dtype == "int64" and not _INT64.min <= number <= _INT64.max:
        raise InvalidAction(f"{f.name} does not fit into {f.dtype}")
    if f.dtype == "float64" and not math.isfinite(number):
        raise InvalidAction(f"{f.name} is {number}, expected a finite number")
    _check_range(f, number, number, bounds)
    return number


def _dense(f: Array, value: Any, bounds: Bounds) -> np.ndarray:
    shape = tuple(size_of(d, bounds) for d in f.shape)
    return _in_range(f, _array(f.name, value, f.dtype, shape), bounds)


def _array(name: str, value: Any, dtype: str, shape: tuple[int, ...]) -> np.ndarray:
    array = _numbers(name, value, dtype)
    if array.shape != shape:
        raise InvalidAction(f"{name} has shape {array.shape}, expected {shape}")
    return array


def _vector(name: str, value: Any, dtype: str) -> np.ndarray:
    """A one-dimensional array of any length."""
    array = _numbers(name, value, dtype)
    if array.ndim != 1:
        raise InvalidAction(f"{name} has shape {array.shape}, expected one dimension")
    return array


def _numbers(name: str, value: Any, dtype: str) -> np.ndarray:
    """An array of any shape: a copy, converted where no value changes."""
    if type(value) is np.ndarray and value.dtype is _DTYPE[dtype]:
        return value.copy()
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise InvalidAction(f"{name} has rows of different lengths") from error
    kinds = {"bool": "b", "int64": "iu", "float64": "fiu"}[dtype]
    if array.dtype.kind not in kinds and array.size:
        raise InvalidAction(f"{name} has dtype {array.dtype}, expected {dtype}")
    if array.dtype.kind == "u" and dtype == "int64" and array.size and array.max() > _INT64.max:
        raise InvalidAction(f"{name} has {array.max()}, which does not fit into int64")
    return array.astype(_DTYPE[dtype])


def _in_range(f: Array | Ragged, array: np.ndarray, bounds: Bounds) -> np.ndarray:
    if not array.size:
        return array
    least, most = array.min(), array.max()  # either is NaN when any value is
    if f.dtype == "float64" and not (math.isfinite(least) and math.isfinite(most)):
        raise InvalidAction(f"{f.name} has a value that is not finite (NaN or infinity)")
    _check_range(f, least, most, bounds)
    return array


def _check_range(f: Scalar | Array | Ragged, least: float, most: float, bounds: Bounds) -> None:
    low = 0 if f.index_of else f.low
    high = bounds[f.index_of] - 1 if f.index_of else f.high
    if low is not None and least < low:
        raise InvalidAction(f"{f.name} has {least}, expected at least {low}")
    if high is not None and most > high:
        raise InvalidAction(f"{f.name} has {most}, expected at most {high}")


def _permutation(f: Permutation, value: Any, bounds: Bounds) -> np.ndarray:
    n = size_of(f.of, bounds)
    array = _array(f.name, value, "int64", (n,))
    if np.sort(array).tobytes() == np.arange(n).tobytes():
        return array
    return _distinct(f.name, array, n)  # says what is wrong


def _distinct(name: str, array: np.ndarray, n: int) -> np.ndarray:
    if array.size and (array.min() < 0 or array.max() >= n):
        raise InvalidAction(f"{name} has an index outside 0..{n - 1}")
    counts = np.bincount(array, minlength=n)
    if counts.size and counts.max() > 1:
        raise InvalidAction(f"{name} has {int(counts.argmax())} {int(counts.max())} times")
    return array


def _subset(f: Subset, value: Any, bounds: Bounds) -> np.ndarray:
    n = size_of(f.of, bounds)
    array = _vector(f.name, value, "int64")
    if array.size > n:
        raise InvalidAction(f"{f.name} has {array.size} indices, expected at most {n}")
    return _distinct(f.name, array, n)


def _ragged(f: Ragged, value: Any, bounds: Bounds) -> list[np.ndarray]:
    rows = size_of(f.rows, bounds)
    _check_rows(f.name, value, rows)
    arrays = [_in_range(f, _vector(f.name, v, f.dtype), bounds) for v in value]
    _check_total(f.name, sum(a.size for a in arrays), size_of(f.total, bounds))
    return arrays


def _text(f: Text, value: Any, bounds: Bounds) -> list[str]:
    rows = size_of(f.rows, bounds)
    _check_rows(f.name, value, rows)
    if not all(isinstance(t, str) for t in value):
        raise InvalidAction(f"{f.name} has a row that is not a text")
    try:
        total = sum(len(t.encode()) for t in value)
    except UnicodeEncodeError as error:
        raise InvalidAction(f"{f.name} has a text that UTF-8 cannot hold") from error
    _check_total(f.name, total, size_of(f.total, bounds))
    return list(value)


def _check_rows(name: str, value: Any, rows: int) -> None:
    if not isinstance(value, list | tuple):
        raise InvalidAction(f"{name} is {type(value).__name__}, expected a list of {rows} rows")
    if len(value) != rows:
        raise InvalidAction(f"{name} has {len(value)} rows, expected {rows}")


def _check_total(name: str, total: int, most: int) -> None:
    if total > most:
        raise InvalidAction(f"{name} has {total} values together, expected at most {most}")

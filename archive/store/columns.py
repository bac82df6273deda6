"""Columns that give back exactly what they were given, whichever database holds them."""

from __future__ import annotations

import json
import math
from typing import Any

from sqlalchemy import BigInteger, Dialect, Double, Integer, LargeBinary, String
from sqlalchemy.types import TypeDecorator, TypeEngine

# 64 bits everywhere: SQLite's own integers have them, and number rows by that name only.
Whole = BigInteger().with_variant(Integer, "sqlite")

_ESCAPED = "\x01"  # what follows is JSON


class ExactDouble(TypeDecorator[float]):
    """A float64 that comes back bit for bit: NaN is NULL, and -0.0 keeps its sign.

    SQLite stores whole numbers of a REAL column as integers, which loses -0.0; a column without
    affinity (declared BLOB) keeps what it is given.
    """

    impl = Double
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(LargeBinary() if dialect.name == "sqlite" else Double())

    def bind_processor(self, dialect: Dialect) -> Any:
        return lambda value: None if math.isnan(value) else float(value)

    def result_processor(self, dialect: Dialect, coltype: Any) -> Any:
        return lambda value: math.nan if value is None else value


class AnyText(TypeDecorator[str]):
    """Any text of a model's or a person's: NUL and lone surrogates, which no database takes,
    are kept as JSON behind a mark.
    """

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None or not _is_awkward(value):
            return value
        return _ESCAPED + json.dumps(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None or not value.startswith(_ESCAPED):
            return value
        return str(json.loads(value.removeprefix(_ESCAPED)))


def _is_awkward(text: str) -> bool:
    return text.startswith(_ESCAPED) or "\0" in text or any("\ud800" <= c <= "\udfff" for c in text)

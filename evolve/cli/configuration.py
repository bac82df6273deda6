"""Configuration: a TOML file, `--set key=value` and flags, the later ones first."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from evaluators.errors import UsageError, nearest_hint
from evolve.cli import flags

Parse = Callable[[str], Any]


def _amount(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise ValueError(text)
    return value


def _amounts(text: str) -> tuple[float, ...]:
    return tuple(_amount(part) for part in text.strip("[]() ").split(","))


def _count(text: str) -> int:
    value = int(text)
    if value < 0:
        raise ValueError(text)
    return value


def _yes(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(text)
    return text.lower() == "true"


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise ValueError(text)
    return value


def _temperature(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 2:
        raise ValueError(text)
    return value


def _path(text: str) -> str:
    return str(Path(text).resolve())


def _price(text: str) -> tuple[float, float]:
    read, written = (float(part) for part in text.strip("[]() ").split(","))
    if not (0 <= read < float("inf") and 0 <= written < float("inf")):
        raise ValueError(text)
    return read, written


def usd(text: str) -> str:
    """Dollars above zero, kept as they were written."""
    try:
        if not Decimal(0) < Decimal(text) < Decimal(10**9):
            raise ValueError(text)
    except InvalidOperation as error:
        raise ValueError(text) from error
    return text


usd.__name__ = "number of dollars"  # argparse prints it

KEYS: Mapping[str, tuple[Parse, str]] = {  # key: how its text is read, what is expected
    "evaluations": (flags.positive, "a positive number"),
    "seconds": (flags.duration_s, "a number of seconds"),
    "seed": (int, "a whole number"),
    "selection": (str, "how parents are chosen"),
    "stagnation": (_count, "a number of commits, or 0 for never"),
    "lookahead": (flags.positive, "a positive number"),
    "racing": (_yes, "true or false"),
    "workers": (flags.positive, "a positive number"),
    "executor": (flags.executor, "local, ray, HOST:PORT or ray://HOST:PORT"),
    "arm": (str, "a control arm"),
    "ask_tell": (flags.positive, "a positive number"),
    "usd": (usd, "a number of dollars"),
    "tokens": (flags.positive, "a positive number"),
    "model.name": (flags.names, "PROVIDER/NAME, several with commas between"),
    "model.weights": (_amounts, "positive numbers with commas between"),
    "model.base_url": (str, "an address"),
    "model.key_variable": (str, "the name of an environment variable"),
    "model.key_file": (_path, "a file"),
    "model.usd_per_mtok": (_price, "two prices: [INPUT,OUTPUT]"),
    "model.concurrency": (flags.positive, "a positive number"),
    "model.requests_per_minute": (_amount, "a positive number"),
    "model.tokens_per_minute": (_amount, "a positive number"),
    "model.timeout_s": (flags.duration_s, "a number of seconds"),
    "model.prompt_tokens": (flags.positive, "a positive number"),
    "model.output_tokens": (flags.positive, "a positive number"),
    "model.temperature": (_temperature, "a number from 0 to 2"),
    "model.embedded_share": (_share, "a number from 0 to 1"),
    "model.reflect_every": (_count, "a number of proposals, or 0 for never"),
}


def configured(file: str | None, sets: Sequence[str]) -> dict[str, Any]:
    """The values by key: of the file, then of `--set`.

    Raises:
        UsageError: an unknown key, a value that is none, a file that is no TOML.
    """
    values: dict[str, Any] = {}
    if file is not None:
        for key, value in _flat(_toml(file)):
            values[key] = _read(f"{file}: {key}", key, _text(value))
    for key, text in flags.pairs("--set", sets).items():
        values[key] = _read(f"--set {key}", key, text)
    return values


def _toml(file: str) -> Mapping[str, Any]:
    try:
        return tomllib.loads(flags.read_text(file))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{file} is no TOML: {error}", "mend the file") from error


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _read(where: str, key: str, text: str) -> Any:
    if key not in KEYS:
        raise UsageError(f"{where}: unknown key {key!r}", nearest_hint(key, KEYS))
    parse, expected = KEYS[key]
    try:
        return parse(text)
    except ValueError as error:
        raise UsageError(f"{where}={text!r}", f"expected {expected}") from error

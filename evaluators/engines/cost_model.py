"""How long one iteration of a serving engine takes: a linear model with published constants.

    T = iteration_s + token_s * n + pair_s * P + kv_token_s * K + sequence_s * B

n: prompt tokens plus decoding requests in the iteration; P: attention pairs of the prompt chunks, a
chunk of c tokens after k others has c * (k + c/2); K: tokens in the KV cache of the decoding
requests; B: requests in the iteration, prompt chunks and decoding ones alike.

The constants come from relative-error fits of Vidur's operator tables (A100, H100; Vidur, MLSys
2024) times the number of layers, all-reduce included, plus the framework's time per iteration;
H100 attention is A100's divided by 2.2. A linear fit leaves 4-7 % per operator; against full
engines expect 7-10 % on time per token and 15-30 % on time to first token. Validated for 1-4096
tokens per iteration; sources differ by 26 % in `iteration_s` and 65 % in `kv_token_s`.
"""

from __future__ import annotations

import dataclasses
import json
import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluators.errors import UsageError, nearest_hint


@dataclass(frozen=True, slots=True)
class CostModel:
    """The coefficients of one engine (a model on its GPUs) and its two capacities."""

    name: str
    iteration_s: float  # per iteration, whatever is in it: weights read once, launch, framework
    token_s: float  # per token computed
    pair_s: float  # per pair of attention in a prompt chunk
    kv_token_s: float  # per token of KV cache that the decoding requests read
    sequence_s: float  # per request in the iteration
    kv_capacity_tokens: int  # tokens that the KV cache holds
    max_running: int = 256  # most requests admitted at once (vLLM's max_num_seqs)

    def coefficients(self) -> tuple[float, float, float, float, float]:
        """(iteration_s, token_s, pair_s, kv_token_s, sequence_s)."""
        return (self.iteration_s, self.token_s, self.pair_s, self.kv_token_s, self.sequence_s)

    def prefill_s(self, prompt_tokens: int, chunk_tokens: int) -> float:
        """Seconds to compute a whole prompt alone, in as few chunks as their size allows."""
        chunks = -(-prompt_tokens // chunk_tokens)
        pairs = prompt_tokens * prompt_tokens / 2
        fixed_s = (self.iteration_s + self.sequence_s) * chunks
        return fixed_s + self.token_s * prompt_tokens + self.pair_s * pairs

    def decode_s(self, kv_tokens: int, tokens: int) -> float:
        """Seconds to decode `tokens` more tokens alone, after `kv_tokens` in the cache."""
        read = tokens * kv_tokens + tokens * (tokens - 1) / 2
        fixed_s = self.iteration_s + self.token_s + self.sequence_s
        return fixed_s * tokens + self.kv_token_s * read


def _engine(name: str, ms: tuple[float, float, float, float, float], kv_tokens: int) -> CostModel:
    """From ms per iteration, token, million pairs, thousand KV tokens, request."""
    t0, tn, tp, tk, tb = ms
    return CostModel(name, t0 / 1e3, tn / 1e3, tp / 1e9, tk / 1e6, tb / 1e3, kv_tokens)


ENGINES: tuple[CostModel, ...] = (
    _engine("llama3-8b-h100", (7.2, 0.0201, 1.5, 0.046, 0.005), 440_000),
    _engine("llama3-8b-a100", (9.3, 0.0647, 3.3, 0.072, 0.008), 440_000),
    _engine("llama2-7b-a100", (8.3, 0.0595, 3.3, 0.289, 0.033), 110_000),
    _engine("llama-70b-h100-tp4", (17.5, 0.0605, 1.9, 0.029, 0.006), 420_000),
    _engine("llama-70b-h100-tp8", (13.2, 0.0415, 0.95, 0.014, 0.006), 1_280_000),
)


def engine_index(name: str) -> int:
    """The position of an engine in ENGINES. Raises UsageError for an unknown name."""
    names = [e.name for e in ENGINES]
    if name not in names:
        raise UsageError(f"unknown engine {name!r}", nearest_hint(name, names))
    return names.index(name)


_FIELDS = {f.name: f for f in dataclasses.fields(CostModel)}
_REQUIRED = tuple(n for n, f in _FIELDS.items() if f.default is dataclasses.MISSING)
_POSITIVE = ("iteration_s", "kv_capacity_tokens", "max_running")
_COUNTS = ("kv_capacity_tokens", "max_running")
FOUND_BY = "calibration"  # the table of a calibration file that says how the constants were found


def read_calibration(path: str | Path) -> CostModel:
    """A cost model from a TOML or JSON file whose keys are the fields of `CostModel`.

    A table FOUND_BY may say how they were found: device, residuals, range. It changes nothing.
    Raises UsageError with file, line and what was expected.
    """
    text = _text_of(Path(path))
    table = dict(_parse(Path(path), text))
    if not isinstance(found_by := table.pop(FOUND_BY, {}), dict):
        raise UsageError(
            f"{_where(path, text, FOUND_BY)}: {FOUND_BY} is {found_by!r}", "expected a table"
        )
    for key in table:
        if key not in _FIELDS:
            raise UsageError(
                f"{_where(path, text, key)}: unknown key {key!r}", nearest_hint(key, _FIELDS)
            )
    for key in _REQUIRED:
        if key not in table:
            raise UsageError(f"{path}: no key {key!r}", f"expected {', '.join(_REQUIRED)}")
    for key, value in table.items():
        _check(_where(path, text, key), key, value)
    return CostModel(**table)


def is_calibration_file(engine: str) -> bool:
    """Whether this is meant as a file, not as the name of one of ENGINES."""
    return "/" in engine or engine.endswith((".toml", ".json"))


def model_of(path: str | Path) -> str:
    """The model that a calibration was made with; empty where the file does not say."""
    table = _parse(Path(path), _text_of(Path(path)))
    return str(table.get(FOUND_BY, {}).get("model", ""))


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", "give a calibration file") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise UsageError(f"{path}, line {line}: not UTF-8", "save the file as UTF-8") from error


def _parse(path: Path, text: str) -> Mapping[str, Any]:
    """The file's table; JSON by its suffix, else TOML."""
    try:
        table = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except json.JSONDecodeError as error:
        raise UsageError(f"{path}, line {error.lineno}: {error.msg}", "expected JSON") from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: {error}", "expected TOML lines: token_s = 2.0e-5") from error
    if not isinstance(table, dict):
        raise UsageError(f"{path}, line 1: a {type(table).__name__}", "expected a JSON object")
    return table


def _where(path: str | Path, text: str, key: str) -> str:
    """File and line of a key."""
    named = re.compile(rf"^[\s{{,]*[\"']?{re.escape(key)}[\"']?\s*[=:]")
    lines = [i for i, line in enumerate(text.splitlines(), 1) if named.search(line)]
    return f"{path}, line {lines[0]}" if lines else str(path)


def _check(where: str, key: str, value: Any) -> None:
    if key == "name":
        if not isinstance(value, str) or not value:
            raise UsageError(f"{where}: name is {value!r}", "expected a text")
        return
    if not _is_number(value, whole=key in _COUNTS):
        expected = "a whole number" if key in _COUNTS else "a number of seconds"
        raise UsageError(f"{where}: {key} is {value!r}", f"expected {expected}")
    if value < 0 or (key in _POSITIVE and value == 0):
        low = "above 0" if key in _POSITIVE else "at least 0"
        raise UsageError(f"{where}: {key} is {value!r}", f"expected {low}")


def _is_number(value: Any, *, whole: bool) -> bool:
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
        return False
    return math.isfinite(value)

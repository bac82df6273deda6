"""The iteration-time model, its named engines and its calibration files."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from evaluators.engines.cost_model import ENGINES, engine_index, model_of, read_calibration
from evaluators.errors import UsageError

GOOD = """
name = "mine"
iteration_s = 0.0072
token_s = 2e-5
pair_s = 1.5e-9
kv_token_s = 4.6e-8
sequence_s = 5e-6
kv_capacity_tokens = 440000
"""


def write(tmp_path: Path, text: str | bytes, name: str = "engine.toml") -> Path:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_engines_have_distinct_names_found_by_index() -> None:
    assert [engine_index(e.name) for e in ENGINES] == list(range(len(ENGINES)))


def test_an_unknown_engine_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UsageError, match="unknown engine") as error:
        engine_index("llama3-8b-h10")
    assert "llama3-8b-h100" in error.value.hint


def test_a_prefill_of_1024_tokens_takes_what_the_linear_model_says() -> None:
    h100 = ENGINES[engine_index("llama3-8b-h100")]
    expected_ms = 7.2 + 0.0201 * 1024 + 1.5 * (1024 * 512 / 1e6) + 0.005
    assert h100.prefill_s(1024, 8192) * 1e3 == pytest.approx(expected_ms)


def test_decoding_three_tokens_is_three_iterations_over_a_growing_cache() -> None:
    engine = ENGINES[0]
    one_by_one = sum(engine.decode_s(100 + i, 1) for i in range(3))
    assert engine.decode_s(100, 3) == pytest.approx(one_by_one)


def test_a_toml_and_a_json_calibration_say_the_same(tmp_path: Path) -> None:
    toml = read_calibration(write(tmp_path, GOOD))
    as_json = json.dumps(dataclasses.asdict(toml), indent=1)
    assert read_calibration(write(tmp_path, as_json, "engine.json")) == toml
    assert toml.max_running == 256


@pytest.mark.parametrize("suffix", ["toml", "json"])
def test_how_constants_were_found_changes_nothing(tmp_path: Path, suffix: str) -> None:
    plain = read_calibration(write(tmp_path, GOOD))
    found_by = {"model": "8b", "device": "a GPU", "range": {"tokens": [1, 4096]}}
    text = (
        json.dumps({**dataclasses.asdict(plain), "calibration": found_by})
        if suffix == "json"
        else GOOD + '[calibration]\nmodel = "8b"\n[calibration.range]\ntokens = [1, 4096]\n'
    )
    path = write(tmp_path, text, f"found.{suffix}")
    assert read_calibration(path) == plain
    assert model_of(path) == "8b"
    assert model_of(write(tmp_path, GOOD)) == ""


@pytest.mark.parametrize(
    ("text", "name", "message", "hint"),
    [
        (GOOD.replace("token_s = 2e-5", "tokens_s = 2e-5"), "e.toml", "line 4.*'tokens_s'", "tok"),
        (GOOD.replace("token_s = 2e-5", "token_s = -1"), "e.toml", "line 4: token_s is -1", "at"),
        (GOOD.replace("token_s = 2e-5", "token_s = nan"), "e.toml", "line 4.*nan", "seconds"),
        (GOOD.replace("token_s = 2e-5", "token_s = true"), "e.toml", "line 4.*True", "seconds"),
        (GOOD.replace("token_s = 2e-5\n", ""), "e.toml", "no key 'token_s'", "pair_s"),
        (GOOD.replace("440000", "4.4e5"), "e.toml", "line 8.*440000.0", "whole number"),
        (GOOD.replace("0.0072", "0"), "e.toml", "line 3: iteration_s is 0", "above 0"),
        (GOOD.replace('"mine"', "7"), "e.toml", "line 2: name is 7", "text"),
        (GOOD.replace("= 2e-5", "2e-5"), "e.toml", "line 4", "TOML"),
        ('{"name": "mine",\n "iteration_s": }', "e.json", "line 2", "JSON"),
        (GOOD + "calibration = 3\n", "e.toml", "line 9: calibration is 3", "table"),
        ("[1, 2]", "e.json", "line 1: a list", "object"),
        (b'name = "a"\n# \xff\n', "e.toml", "line 2: not UTF-8", "UTF-8"),
    ],
)
def test_a_malformed_calibration_is_refused_with_file_and_line(
    tmp_path: Path, text: str | bytes, name: str, message: str, hint: str
) -> None:
    path = write(tmp_path, text, name)
    with pytest.raises(UsageError, match=message) as error:
        read_calibration(path)
    assert str(path) in error.value.message
    assert hint in error.value.hint


def test_a_missing_calibration_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        read_calibration(tmp_path / "none.toml")

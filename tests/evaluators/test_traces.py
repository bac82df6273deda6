"""Both formats are read; everything wrong is refused with file, line and what was expected."""

from __future__ import annotations

import contextlib
import gzip
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.errors import UsageError
from evaluators.traces import MOST_TOKENS, read_requests

HEADER = "TIMESTAMP,ContextTokens,GeneratedTokens\n"
AZURE = HEADER + (
    "2023-11-16 18:15:46.6805900,374,44\n"
    "2023-11-16 18:15:50.9951690,396,109\n"
    "2023-11-16 18:15:50.9951690,879,55\n"
)
MOONCAKE = (
    '{"timestamp": 27000, "input_length": 6758, "output_length": 500, "hash_ids": [0, 1]}\n'
    '{"timestamp": 30000, "input_length": 7322, "output_length": 490, "hash_ids": [0, 14]}\n'
)


def written(tmp_path, content, name="trace"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def refusal(path):
    with pytest.raises(UsageError) as caught:
        read_requests(path)
    assert str(path) in caught.value.message
    assert caught.value.hint
    return caught.value


def test_azure(tmp_path):
    table = read_requests(written(tmp_path, AZURE))
    assert table.arrival_s == pytest.approx([0.0, 4.314579, 4.314579], abs=2e-6)
    assert table.prompt_tokens.tolist() == [374, 396, 879]
    assert table.output_tokens.tolist() == [44, 109, 55]
    assert table.prompt_tokens.dtype == np.int64
    assert table.blocks == ((), (), ())


def test_azure_2024_has_time_zones_and_columns_may_be_elsewhere(tmp_path):
    content = (
        "id,GeneratedTokens,ContextTokens,TIMESTAMP\r\n"
        "a,5,10,2024-05-10 00:00:00.009930+00:00\r\n"
        "b,6,20,2024-05-10 00:00:01.509930+00:00"
    )
    table = read_requests(written(tmp_path, content))
    assert table.arrival_s.tolist() == [0.0, 1.5]
    assert table.prompt_tokens.tolist() == [10, 20]


def test_mooncake(tmp_path):
    table = read_requests(written(tmp_path, MOONCAKE))
    assert table.arrival_s.tolist() == [0.0, 3.0]
    assert table.output_tokens.tolist() == [500, 490]
    assert table.blocks == ((0, 1), (0, 14))


@pytest.mark.parametrize("content", [AZURE, MOONCAKE])
def test_gzip_byte_order_mark_and_blank_lines_change_nothing(tmp_path, content):
    plain = read_requests(written(tmp_path, content, "plain"))
    variants = [
        gzip.compress(content.encode()),
        gzip.compress(content[:60].encode()) + gzip.compress(content[60:].encode()),
        b"\xef\xbb\xbf" + content.encode(),
        content.replace("\n", "\n\n").encode(),
        content.rstrip().encode(),
    ]
    for i, variant in enumerate(variants):
        table = read_requests(written(tmp_path, variant, f"variant-{i}"))
        assert table.arrival_s.tolist() == plain.arrival_s.tolist()
        assert table.prompt_tokens.tolist() == plain.prompt_tokens.tolist()


def test_the_source_tells_contents_apart(tmp_path):
    a = read_requests(written(tmp_path, AZURE, "t"))
    same = read_requests(written(tmp_path, AZURE, "t"))
    other = read_requests(written(tmp_path, AZURE.replace("374", "375"), "t"))
    assert a.source == same.source
    assert a.source.startswith("t:")
    assert a.source != other.source


AZURE_FAULTS = [
    ("TIMESTAMP,ContextToken,GeneratedTokens\n", 1, "no column ContextTokens", "'ContextToken'"),
    ("time,prompt,output\n", 1, "no column TIMESTAMP, ContextTokens, GeneratedTokens", "known"),
    (AZURE.replace(",44", ",0"), 2, "GeneratedTokens is 0", "1 to 10000000"),
    (AZURE.replace(",374", ",-3"), 2, "ContextTokens is -3", "1 to 10000000"),
    (AZURE.replace(",374", ",1e3"), 2, "ContextTokens is '1e3'", "whole number"),
    (AZURE.replace(",374", ",3.5"), 2, "ContextTokens is '3.5'", "whole number"),
    (AZURE.replace(",374", ",+-374"), 2, "ContextTokens is '+-374'", "whole number"),
    (AZURE.replace(",374", "," + "9" * 5_000), 2, "ContextTokens is '999", "whole number"),
    (AZURE.replace(",374", ","), 2, "ContextTokens is ''", "whole number"),
    (AZURE.replace(",374", ",99999999999999999999"), 2, "is 99999999999999999999", "1 to"),
    (AZURE.replace("50.9951690,879", "49.0,879"), 4, "earlier than the request", "sorted"),
    (AZURE.replace("2023-11-16 18:15:46.6805900", "yesterday"), 2, "is 'yesterday'", "2023-"),
    (AZURE.replace(",109", ",109,1"), 3, "4 columns", "3 as in the header"),
    (AZURE.replace("396", '"396'), 4, "not CSV", "TIMESTAMP"),
]
MOONCAKE_FAULTS = [
    (MOONCAKE.replace("[0, 14]}", "[0, 14"), 2, "not JSON", "one JSON object"),
    (MOONCAKE + "[1, 2, 3]\n", 3, "a JSON list", "one JSON object"),
    (MOONCAKE.replace('"output_length": 490', '"output_len": 490'), 2, "no key", "'output_len'"),
    (MOONCAKE.replace("7322", "0"), 2, "input_length is 0", "1 to"),
    (MOONCAKE.replace("7322", "-7"), 2, "input_length is -7", "1 to"),
    (MOONCAKE.replace("7322", "1.5"), 2, "input_length is 1.5", "whole number"),
    (MOONCAKE.replace("7322", "true"), 2, "input_length is True", "whole number"),
    (MOONCAKE.replace("7322", '"7322"'), 2, "input_length is '7322'", "whole number"),
    (MOONCAKE.replace("30000", "NaN"), 2, "timestamp is nan", "finite"),
    (MOONCAKE.replace("7322", "9" * 5_000), 2, "not JSON", "one JSON object"),
    (MOONCAKE.replace("[0, 14]", "[" * 10**5), 2, "not JSON", "one JSON object"),
    (MOONCAKE.replace("30000", '"now"'), 2, "timestamp is 'now'", "milliseconds"),
    (MOONCAKE.replace("30000", "2"), 2, "earlier than the request", "sorted"),
]


@pytest.mark.parametrize(("content", "line", "what", "expected"), AZURE_FAULTS + MOONCAKE_FAULTS)
def test_a_fault_is_refused_with_its_line(tmp_path, content, line, what, expected):
    error = refusal(written(tmp_path, content))
    assert f", line {line}: " in error.message
    assert what in error.message
    assert expected in error.hint


@pytest.mark.parametrize(
    ("content", "message"), [("", "empty"), ("\n \n", "empty"), (HEADER, "no request")]
)
def test_an_empty_file_is_refused(tmp_path, content, message):
    error = refusal(written(tmp_path, content))
    assert error.message.endswith(message)
    assert "Azure CSV" in error.hint
    assert "Mooncake" in error.hint


def test_a_file_that_is_not_utf8_is_refused(tmp_path):
    error = refusal(written(tmp_path, AZURE.encode().replace(b"396", b"\xff96")))
    assert "line 3: byte 0xff is not UTF-8" in error.message


def test_a_truncated_gzip_is_refused(tmp_path):
    lines = AZURE + AZURE.splitlines(keepends=True)[-1] * 2_000
    packed = gzip.compress(lines.encode(), compresslevel=0)
    error = refusal(written(tmp_path, packed[: len(packed) // 2]))
    assert "truncated" in error.message
    assert "line 1002" in error.message  # half of 2,004


@pytest.mark.parametrize("at", [12, -6])
def test_a_damaged_gzip_is_refused(tmp_path, at):
    packed = bytearray(gzip.compress(AZURE.encode()))
    packed[at] ^= 0xFF
    assert "damaged gzip" in refusal(written(tmp_path, bytes(packed))).message


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    assert "No such file" in refusal(tmp_path / "none.csv").message
    assert "directory" in refusal(tmp_path).message


REQUESTS = st.lists(
    st.tuples(st.integers(0, 10**7), st.integers(1, MOST_TOKENS), st.integers(1, MOST_TOKENS)),
    min_size=1,
    max_size=30,
).map(sorted)


@given(REQUESTS)
def test_what_is_written_is_read(tmp_path_factory, requests):
    lines = [
        json.dumps({"timestamp": t, "input_length": p, "output_length": o}) for t, p, o in requests
    ]
    path = written(tmp_path_factory.mktemp("t"), "\n".join(lines))
    table = read_requests(path)
    times_ms = np.array([r[0] for r in requests])
    assert table.arrival_s == pytest.approx((times_ms - times_ms[0]) / 1e3, abs=1e-9)
    assert table.prompt_tokens.tolist() == [r[1] for r in requests]
    assert table.output_tokens.tolist() == [r[2] for r in requests]


@given(st.binary(max_size=200))
def test_no_content_ends_in_another_error(tmp_path_factory, content):
    path = written(tmp_path_factory.mktemp("t"), content)
    with contextlib.suppress(UsageError):
        read_requests(path)


@given(st.sampled_from([AZURE, MOONCAKE]), st.integers(0, 150), st.characters(codec="utf-8"))
def test_no_changed_character_ends_in_another_error(tmp_path_factory, content, at, character):
    path = written(tmp_path_factory.mktemp("t"), content[:at] + character + content[at + 1 :])
    with contextlib.suppress(UsageError):
        read_requests(path)


def test_the_real_azure_trace(data_dir):
    table = read_requests(data_dir / "traces/azure_conv_2023.csv")
    assert table.arrival_s.size == 19_366
    assert table.arrival_s[-1] == pytest.approx(3501.7, abs=0.1)
    assert table.prompt_tokens.mean() == pytest.approx(1154.7, abs=0.1)
    assert table.output_tokens.mean() == pytest.approx(211.1, abs=0.1)


def test_the_real_mooncake_trace(data_dir):
    table = read_requests(data_dir / "traces/mooncake_conversation.jsonl.gz")
    assert table.arrival_s.size == 12_031
    assert np.median(table.prompt_tokens) == 6909
    assert np.unique(table.arrival_s).size == 1_180

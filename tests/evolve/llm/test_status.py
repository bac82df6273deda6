import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evolve.llm.failure import CallError, one_line
from evolve.llm.reading import read_chat_completion, read_message
from evolve.llm.status import failure_of_status, retry_after_s


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid request"),
        (401, "authentication"),
        (402, "quota"),
        (403, "authentication"),
        (404, "not found"),
        (408, "timeout"),
        (413, "invalid request"),
        (422, "invalid request"),
        (429, "rate limit"),
        (500, "server"),
        (502, "connection lost"),
        (503, "overloaded"),
        (504, "timeout"),
        (524, "timeout"),
        (529, "overloaded"),
        (599, "server"),
        (302, "not found"),
    ],
)
def test_kinds_by_status(status: int, kind: str) -> None:
    assert failure_of_status(status, {}, None).kind == kind


def test_a_code_says_more_than_the_status() -> None:
    quota = {"error": {"message": "pay first", "code": "insufficient_quota"}}
    assert failure_of_status(429, {}, quota).kind == "quota"
    filtered = {"message": "no", "type": "content_filter"}
    assert failure_of_status(400, {}, filtered).kind == "content filter"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"error": {"message": "slow down", "type": "x"}}, "429 slow down"),
        ({"type": "error", "error": {"type": "x", "message": "slow down"}}, "429 slow down"),
        ({"message": "slow down"}, "429 slow down"),
        ('{"error": "slow down"}', "429 slow down"),
        (b"slow\n  down", "429 slow down"),
        (None, "429 Too Many Requests"),
        ({"error": None}, "429 Too Many Requests"),
        ([1, 2], "429 [1, 2]"),
    ],
)
def test_reasons_are_what_the_body_says_in_one_line(body: object, reason: str) -> None:
    assert failure_of_status(429, {}, body).reason == reason


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),  # since when?
        (
            {
                "retry-after": "Wed, 21 Oct 2026 07:28:30 GMT",
                "date": "Wed, 21 Oct 2026 07:28:00 GMT",
            },
            30.0,
        ),
        (
            {
                "retry-after": "Wed, 21 Oct 2026 07:27:00 GMT",
                "date": "Wed, 21 Oct 2026 07:28:00 GMT",
            },
            0.0,
        ),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_s(headers) == seconds


@given(st.text(max_size=2000))
def test_a_reason_is_one_printable_line(text: str) -> None:
    line = one_line(text)
    assert line.isprintable()
    assert len(line) <= 300


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
_FIELDS = (
    "choices message content text type usage prompt_tokens completion_tokens total_tokens "
    "prompt_tokens_details cached_tokens input_tokens output_tokens finish_reason error model"
).split()
bodies = st.recursive(
    json_values,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_FIELDS), inner, max_size=6)
    ),
    max_leaves=30,
)


@given(bodies.map(lambda b: json.dumps(b).encode()) | st.binary(max_size=200))
@pytest.mark.parametrize("read", [read_chat_completion, read_message])
def test_whatever_comes_is_a_reply_or_a_failure(read: object, raw: bytes) -> None:
    try:
        reply = read(raw)  # type: ignore[operator]
    except CallError:
        return
    assert reply.text.strip()
    reply.text.encode()
    assert "\0" not in reply.text


def test_deep_nesting_is_a_failure() -> None:
    with pytest.raises(CallError, match="invalid reply"):
        read_chat_completion(b"[" * 200_000)


def test_text_comes_in_parts_too() -> None:
    parts = [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "a"}]
    message = {"content": [*parts, {"type": "text", "text": "b"}]}
    raw = json.dumps({"choices": [{"message": message, "finish_reason": "stop"}]}).encode()
    assert read_chat_completion(raw).text == "ab"


def test_halves_of_characters_become_something_that_can_be_stored() -> None:
    raw = b'{"choices": [{"message": {"content": "a\\ud83d b\\u0000"}, "finish_reason": "stop"}]}'
    assert read_chat_completion(raw).text == "a? b�"


def test_reasoning_that_is_counted_in_the_total_alone_is_output() -> None:
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 115}
    choice = {"message": {"content": "x"}, "finish_reason": "stop"}
    reply = read_chat_completion(json.dumps({"choices": [choice], "usage": usage}).encode())
    assert reply.usage
    assert reply.usage.output_tokens == 105


def test_anthropics_input_includes_what_was_cached() -> None:
    usage = {"input_tokens": 3, "output_tokens": 2}
    usage |= {"cache_read_input_tokens": 100, "cache_creation_input_tokens": 50}
    content = [{"type": "text", "text": "x"}]
    reply = read_message(json.dumps({"content": content, "usage": usage}).encode())
    assert reply.usage
    assert reply.usage.input_tokens == 153
    assert (reply.usage.cached_tokens, reply.usage.cache_write_tokens) == (100, 50)


@pytest.mark.parametrize(
    "usage",
    [
        {"prompt_tokens": 0, "completion_tokens": 5},
        {"prompt_tokens": 10, "completion_tokens": 0},  # for a text
        {"prompt_tokens": -1, "completion_tokens": 5},
        {"prompt_tokens": "10", "completion_tokens": 5},
        {"prompt_tokens": True, "completion_tokens": 5},
        {
            "prompt_tokens": 10,
            "completion_tokens": 5,
            "prompt_tokens_details": {"cached_tokens": 11},
        },
        [10, 5],
    ],
)
def test_a_usage_that_cannot_be_true_is_not_believed(usage: object) -> None:
    choice = {"message": {"content": "x"}, "finish_reason": "stop"}
    assert (
        read_chat_completion(json.dumps({"choices": [choice], "usage": usage}).encode()).usage
        is None
    )

"""Every fault, through every SDK, over real HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import pytest

from evaluators.errors import UsageError
from evolve.llm.failure import CallError
from evolve.llm.message import Reply
from tests.evolve.llm.asking import MODELS, Met, ask, base_url, client_of, meet_all, request
from tests.stub_models.faults import FAULTS, OVERSTATED, RETRY_AFTER_S
from tests.stub_models.server import Received, refusing_url, running

# fault -> (kind, worth another try, certainly free)
FAILURES = {
    "unauthorized": ("authentication", False, True),
    "forbidden": ("authentication", False, True),
    "missing model": ("not found", False, True),
    "bad request": ("invalid request", False, True),
    "rate limit": ("rate limit", True, True),
    "rate limit with a hint": ("rate limit", True, True),
    "quota": ("quota", False, True),
    "server error": ("server", True, True),
    "bad gateway": ("connection lost", True, False),
    "unavailable": ("overloaded", True, True),
    "overloaded": ("overloaded", True, True),
    "reset": ("connection lost", True, False),
    "reset midway": ("connection lost", True, False),
    "silence": ("timeout", True, False),
    "slow drip": ("timeout", True, False),
    "HTML": ("invalid reply", True, False),
    "bad JSON": ("invalid reply", True, False),
    "duplicated chunks": ("invalid reply", True, False),
    "not UTF-8": ("invalid reply", True, False),
    "20 MB": ("invalid reply", True, False),
    "empty choices": ("empty", True, False),
    "empty text": ("empty", True, False),
    "tool call": ("empty", True, False),
    "content filter": ("content filter", False, False),
    "all reasoning": ("cut off", False, False),
}


@cache
def all_met(model: str) -> dict[str, Met]:
    return meet_all(model)


def meet(model: str, fault: str) -> tuple[Reply | CallError, Sequence[Received]]:
    met = all_met(model)[fault]
    return met.outcome, met.requests


@pytest.fixture(params=MODELS)
def model(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("fault", FAILURES)
def test_a_fault_becomes_one_failure_of_its_kind(model: str, fault: str) -> None:
    error, requests = meet(model, fault)
    assert isinstance(error, CallError)
    assert (error.kind, error.is_retryable, error.is_free) == FAILURES[fault], str(error)
    assert error.reason
    assert "\n" not in error.reason
    assert len(requests) == 1  # nobody tried again behind our back


def test_every_fault_is_tested() -> None:
    replies = {
        "ok", "cut off", "no usage", "impossible usage", "uncountable usage", "overstated usage",
        "echoed key",
    }  # fmt: skip
    assert set(FAULTS) == set(FAILURES) | replies | {"redirect", "wrapped error"}


def test_a_reply_says_what_was_used(model: str) -> None:
    reply, requests = meet(model, "ok")
    assert isinstance(reply, Reply)
    assert reply.text.startswith("```python")
    assert reply.finish_reason == "stop"
    assert reply.usage
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (8, 12)
    assert reply.latency_s > 0
    assert b"```python" in reply.raw
    assert requests[0].body["model"] == model.split("/")[1] == reply.model


def test_the_request_arrives_as_it_was_made(model: str) -> None:
    with running() as stub:
        asked = request(model, max_output_tokens=77, temperature=0.5, seed=9)
        ask(client_of(model, stub), asked)
    body = stub.requests[0].body
    assert body["max_tokens"] == 77
    assert body["temperature"] == 0.5
    assert body.get("seed") == (None if model.startswith("anthropic/") else 9)
    said = [(m["role"], m["content"]) for m in body["messages"]]
    system = [("system", body["system"])] if "system" in body else []
    assert system + said == [(m.role, m.content) for m in asked.messages]


def test_what_is_not_asked_for_is_not_sent(model: str) -> None:
    _, requests = meet(model, "ok")
    assert not {"temperature", "seed", "stream"} & set(requests[0].body)


@pytest.mark.parametrize("name", ["o3", "gpt-5-mini", "openai/gpt-5.2"])
def test_models_that_reason_get_the_limit_under_its_newer_name(name: str) -> None:
    body = meet_all(f"openai/{name}", ["ok"])["ok"].requests[0].body
    assert body["max_completion_tokens"] == 64
    assert "max_tokens" not in body


def test_retry_after_is_passed_on(model: str) -> None:
    error, _ = meet(model, "rate limit with a hint")
    assert isinstance(error, CallError)
    assert error.retry_after_s == RETRY_AFTER_S


def test_a_refused_connection_was_never_made(model: str) -> None:
    with running() as stub:
        client = client_of(model, stub, url=refusing_url())
        with pytest.raises(CallError) as caught:
            ask(client, request(model))
    assert caught.value.kind == "connection"
    assert caught.value.is_retryable
    assert caught.value.is_free


@pytest.mark.parametrize("model", ["openai/gpt-x", "anthropic/claude-x"])
def test_no_key_follows_a_redirect(model: str) -> None:
    error, _ = meet(model, "redirect")
    assert isinstance(error, CallError)
    assert error.kind == "not found"
    assert "http://127.0.0.1:9/elsewhere" in error.reason


def test_an_error_within_a_200_is_a_failure(model: str) -> None:
    error, _ = meet(model, "wrapped error")
    assert isinstance(error, CallError)
    assert error.is_retryable
    assert not error.is_free


def test_what_was_charged_comes_with_the_failure(model: str) -> None:
    error, _ = meet(model, "all reasoning")
    assert isinstance(error, CallError)
    assert error.reply
    assert error.reply.usage
    assert error.reply.usage.output_tokens == 64


def test_a_text_that_was_cut_off_is_a_reply(model: str) -> None:
    reply, _ = meet(model, "cut off")
    assert isinstance(reply, Reply)
    assert reply.finish_reason == "length"
    assert reply.text.endswith("retu")


@pytest.mark.parametrize("fault", ["no usage", "impossible usage", "uncountable usage"])
def test_a_usage_that_cannot_be_is_none(model: str, fault: str) -> None:
    reply, _ = meet(model, fault)
    assert isinstance(reply, Reply)
    assert reply.usage is None


def test_an_overstated_usage_is_told_as_it_came(model: str) -> None:
    reply, _ = meet(model, "overstated usage")
    assert isinstance(reply, Reply)
    assert reply.usage
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == OVERSTATED


@pytest.mark.parametrize("model", ["openai/gpt-x", "anthropic/claude-x"])
@pytest.mark.parametrize("fault", ["HTML", "bad JSON", "not UTF-8"])
def test_a_body_that_cannot_be_read_is_kept(model: str, fault: str) -> None:
    error, _ = meet(model, fault)
    assert isinstance(error, CallError)
    assert error.raw


def test_the_environment_does_not_decide_where_calls_go(
    model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("OPENAI_BASE_URL", "ANTHROPIC_BASE_URL"):
        monkeypatch.setenv(variable, refusing_url())
    assert isinstance(meet_all(model, ["ok"])["ok"].outcome, Reply)


def test_an_unknown_provider_is_refused_at_once() -> None:
    with running() as stub, pytest.raises(UsageError, match="no provider"):
        client_of("nobody/model", stub)


def test_base_urls_end_where_each_sdk_goes_on() -> None:
    assert base_url("anthropic/x", "http://a") == "http://a"
    assert base_url("openai/x", "http://a") == "http://a/v1"

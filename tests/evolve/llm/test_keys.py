"""Keys stay where they belong: a canary goes through every SDK and every fault."""

from __future__ import annotations

import asyncio
import copy
import json
import logging
import pickle
import subprocess
import sys
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from evaluators.errors import UsageError
from evolve.llm.connecting import connect
from evolve.llm.endpoint import Endpoint
from evolve.llm.keys import Scrubber, Secret, find_key, secrets_in
from evolve.llm.message import Client, Message, Reply, Request
from tests.evolve.llm.asking import KEY, MODELS, Met, meet_all, request
from tests.stub_models.server import StubModels, running

_SDK_LOGGERS = ("openai", "anthropic", "httpx", "httpx2", "httpcore", "httpcore2", "LiteLLM")
# any of these in what comes out would give the key away
TELLING = [KEY[i : i + 8] for i in range(8, len(KEY) - 7)]


class Collected(logging.Handler):
    """Everything that is logged, as text."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.setFormatter(logging.Formatter("%(name)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collected]:
    handler = Collected()
    loggers = [logging.getLogger(name) for name in (None, *_SDK_LOGGERS)]
    levels = [logger.level for logger in loggers]
    monkeypatch.setattr(loggers[0], "handlers", [handler])
    for logger in loggers:
        logger.setLevel(logging.DEBUG)  # forgets what other tests made loggers remember
    yield handler
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


def come_out(met: Met) -> str:
    """All that is left of a call: what would be journalled, printed or raised."""
    outcome = met.outcome
    assert all(KEY in sent_key(received.headers) for received in met.requests)
    if isinstance(outcome, Reply):
        return f"{outcome!r} {outcome.raw.decode('latin-1')}"
    assert outcome.__cause__ is None  # an SDK's exception would carry its request and its headers
    assert outcome.__context__ is None
    shown = [repr(outcome), repr(vars(outcome)), outcome.raw.decode("latin-1")]
    return "\n".join([*shown, *traceback.format_exception(outcome)])


def sent_key(headers: Mapping[str, str]) -> str:
    return headers.get("x-api-key") or headers["authorization"]


def telling(text: str) -> list[str]:
    return [part for part in TELLING if part in text]


@pytest.mark.parametrize("model", MODELS)
def test_no_key_comes_out_of_any_fault(
    model: str, logged: Collected, capfd: pytest.CaptureFixture[str]
) -> None:
    for fault, met in meet_all(model).items():
        assert not telling(come_out(met)), fault
    printed = capfd.readouterr()
    assert not telling("\n".join(logged.lines))
    assert not telling(printed.out)
    assert not telling(printed.err)
    assert KEY not in repr(request(model)) + json.dumps(request(model).to_json())


def test_the_canary_would_be_seen(logged: Collected, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without scrubbing, reasons, texts, bodies and logs hold parts of the key."""
    monkeypatch.setattr(Scrubber, "said", lambda self, text: text)
    monkeypatch.setattr(Scrubber, "exact", lambda self, text: text)
    monkeypatch.setattr(Scrubber, "raw", lambda self, body: body)
    for model in MODELS:
        for met in meet_all(model, ["unauthorized", "echoed key"]).values():
            assert telling(come_out(met)), model
    assert telling("\n".join(logged.lines))


# -- secrets ---------------------------------------------------------------------------------


def test_a_secret_shows_nothing() -> None:
    secret = Secret(KEY)
    shown = [repr(secret), str(secret), f"{secret}", f"{secret!r:>40}", f"{[secret]}"]
    assert not any(part in text for part in TELLING for text in shown)
    assert secret.reveal() == KEY


@pytest.mark.parametrize("carry", [pickle.dumps, copy.copy, copy.deepcopy, json.dumps])
def test_a_secret_is_not_carried_away(carry: object) -> None:
    with pytest.raises(TypeError):
        carry(Secret(KEY))  # type: ignore[operator]


def test_a_secret_has_no_dictionary_to_dump() -> None:
    assert not hasattr(Secret(KEY), "__dict__")


@pytest.mark.parametrize("text", ["", "two words", "line\nbreak", "schlüssel"])
def test_what_is_no_header_is_no_key(text: str) -> None:
    with pytest.raises(UsageError, match="one line of printable ASCII") as caught:
        Secret(text)
    assert not text or text not in caught.value.message


# -- where they come from --------------------------------------------------------------------


def test_keys_come_from_the_usual_variable() -> None:
    found = find_key("openai", {"OPENAI_API_KEY": f"{KEY}\n"})
    assert found
    assert found.reveal() == KEY
    assert find_key("openai", {}) is None
    assert find_key("groq", {"GROQ_API_KEY": KEY}) is None  # litellm reads it itself


def test_a_server_of_ones_own_gets_no_key_meant_for_another() -> None:
    environ = {"OPENAI_API_KEY": KEY, "MINE": "mine-1234"}
    assert find_key("openai", environ, is_elsewhere=True) is None
    named = find_key("openai", environ, variable="MINE", is_elsewhere=True)
    assert named
    assert named.reveal() == "mine-1234"


@pytest.mark.parametrize("provider", ["groq", "openrouter", "custom_openai", "litellm_proxy"])
def test_litellm_sends_no_key_of_the_environment_to_a_server_of_ones_own(
    provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GROQ_API_KEY", "OPENROUTER_API_KEY", "OPENAI_API_KEY", "LITELLM_PROXY_API_KEY"):
        monkeypatch.setenv(name, KEY)
    with running(StubModels()) as stub:
        endpoint = Endpoint(f"{provider}/x", f"{stub.url}/v1")
        client = connect(endpoint, Scrubber([]))
        request = Request(endpoint.model, (Message("user", "hello"),), 10)
        asyncio.run(complete_and_close(client, request))
    [received] = stub.requests
    assert not telling(str(received.headers))


async def complete_and_close(client: Client, request: Request) -> None:
    await client.complete(request)
    await client.close()


def test_keys_come_from_a_file_that_is_named(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{KEY}\n")
    found = find_key("openai", {"OPENAI_API_KEY": "another"}, file=file)
    assert found
    assert found.reveal() == KEY


def test_what_is_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="MINE is not set"):
        find_key("openai", {}, variable="MINE")
    with pytest.raises(UsageError, match="cannot read the key file"):
        find_key("openai", {}, file=tmp_path / "none")


def test_secrets_of_the_environment_are_known_by_name_and_form() -> None:
    environ = {
        "GROQ_API_KEY": "gsk_0123456789abcdef",
        "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG",
        "HF_TOKEN": "hf_0123456789abcdef",
        "TOKENIZERS_PARALLELISM": "false-0123456789abc",
        "SSH_KEY": "production-of-many-words",  # no digit: a word, not a key
        "PATH": "/usr/bin:0123456789abcdef",
    }
    found = {s.reveal() for s in secrets_in(environ)}
    assert found == {environ[n] for n in ("GROQ_API_KEY", "AWS_SECRET_ACCESS_KEY", "HF_TOKEN")}


# -- scrubbing -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    [
        f"key {KEY} refused",
        f"Bearer {KEY}",
        f'{{"headers": {{"x-api-key":"{KEY}"}}}}',
        f"it begins with {KEY[:14]}",
        f"it ends in {KEY[-9:]}",
        f"given: {KEY[:8]}{'*' * 20}{KEY[-4:]}",
        f"url: https://host/v1?key={KEY}&x=1",
    ],
)
def test_messages_lose_whatever_tells_of_a_key(said: str) -> None:
    scrubbed = Scrubber([Secret(KEY)]).said(said)
    assert "***" in scrubbed
    assert not any(part in scrubbed for part in TELLING)
    assert KEY[-4:] not in scrubbed


def test_messages_keep_everything_else() -> None:
    said = "429 slow down: 3 of 60 requests left at http://127.0.0.1:8000/v1 **please**"
    assert Scrubber([Secret(KEY)]).said(said) == said


def test_replies_lose_whole_keys_only() -> None:
    scrubber = Scrubber([Secret(KEY), Secret("none")])
    program = f"x = '{KEY}'\ny = '{KEY[:12]}'  # none ***\n"
    assert scrubber.exact(program) == f"x = '***'\ny = '{KEY[:12]}'  # none ***\n"
    assert scrubber.raw(program.encode()) == scrubber.exact(program).encode()


# -- imports ---------------------------------------------------------------------------------


def test_importing_the_package_imports_no_sdk() -> None:
    code = (
        "import sys, pkgutil, importlib, evolve.llm\n"
        "names = [m.name for m in pkgutil.iter_modules(evolve.llm.__path__)]\n"
        "for n in names:\n"
        "    n.endswith('_wire') or importlib.import_module(f'evolve.llm.{n}')\n"
        "heavy = {'openai', 'anthropic', 'litellm', 'httpx', 'httpx2', 'pydantic'}\n"
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)

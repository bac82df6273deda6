"""What a run asks of its models before it begins, and before it goes on."""

from __future__ import annotations

import dataclasses

import pytest

import evolve
from evaluators.errors import UsageError
from evolve.models import check_models
from evolve.settings import ModelSettings, Settings
from tests.evolve.fakes import DelayedExecutor
from tests.evolve.test_model_runs import search
from tests.problems import GUESS
from tests.stub_models.answers import guess
from tests.stub_models.server import StubModels, running


def test_a_resumption_that_cannot_begin_adds_no_money(tmp_path, monkeypatch):
    with running(StubModels(text=guess)) as stub:
        run = search(tmp_path, stub, evaluations=6, usd="1", tokens=10**6)
        model = dataclasses.replace(run.settings.model, key_variable="KEY_OF_MINE")
        monkeypatch.setattr(
            "evolve.search.Settings.from_json",
            lambda data: dataclasses.replace(run.settings, model=model),
        )
        for _ in range(2):
            with pytest.raises(UsageError, match="KEY_OF_MINE is not set"):
                evolve.resume(str(tmp_path), run.name, more_usd="5", more_evaluations=3)
        monkeypatch.undo()
        more = evolve.resume(
            str(tmp_path), run.name, 2, more_usd="5",
            executor=DelayedExecutor(GUESS.load(), 2, lambda: 0.0),
        )  # fmt: skip
    assert (more.settings.usd, more.settings.evaluations) == ("6", 8)


@pytest.mark.parametrize(("key", "value"), [
    ("base_url", "http://127.0.0.1:9/v1"), ("key_variable", "MINE"), ("key_file", "mine.key")
])  # fmt: skip
def test_what_is_one_providers_is_given_to_no_other(key, value):
    names = ("openai/gpt-4o-mini", "anthropic/claude-sonnet-4-5")
    environ = {"OPENAI_API_KEY": "o", "ANTHROPIC_API_KEY": "a", "MINE": "m"}
    both = Settings(GUESS, tokens=1, model=ModelSettings(names=names))
    check_models(both, environ)
    model = dataclasses.replace(both.model, **{key: value})
    with pytest.raises(UsageError, match=f"model.{key} is for one provider, and the models have 2"):
        check_models(dataclasses.replace(both, model=model), environ)


def test_who_asks_no_model_needs_no_key(tmp_path, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    model = ModelSettings(names=("openai/gpt-4o-mini",))
    settings = Settings(
        GUESS, evaluations=6, model=model, usd="1", ask_tell=1, archive=str(tmp_path)
    )
    with pytest.raises(UsageError, match="no key for openai"):
        evolve.run(settings)
    assert list(tmp_path.iterdir()) == []
    executor = DelayedExecutor(GUESS.load(), 2, lambda: 0.0)
    run = evolve.run(settings, patient=False, executor=executor)
    assert run.stopped == "waiting for answers"
    with pytest.raises(UsageError, match="no key for openai"):
        evolve.resume(str(tmp_path), run.name)
    executor = DelayedExecutor(GUESS.load(), 2, lambda: 0.0)
    assert evolve.resume(str(tmp_path), run.name, patient=False, executor=executor).stopped


DEEP = {
    "for the compiler": "def guess(last):\n    return " + "+".join(["1"] * 20_000),
    "for us": "def guess(last):\n    return " + "+".join(["1"] * 1_500),
}


@pytest.mark.parametrize("source", DEEP.values(), ids=DEEP.keys())
def test_a_seed_policy_too_deep_to_be_read_begins_no_run(tmp_path, source):
    settings = Settings(GUESS, seed_policies=(source,), archive=str(tmp_path))
    with pytest.raises(UsageError, match="a seed policy does not compile"):
        evolve.run(settings)
    assert list(tmp_path.iterdir()) == []


def test_settings_of_a_later_version_are_named():
    later = Settings(GUESS).to_json() | {"telepathy": True}
    with pytest.raises(UsageError, match="does not know: telepathy"):
        Settings.from_json(later)
    later = Settings(GUESS).to_json()
    later["model"]["telepathy"] = True
    with pytest.raises(UsageError, match="does not know: telepathy"):
        Settings.from_json(later)


def test_a_sandbox_can_be_waived_for_what_is_to_come(tmp_path, monkeypatch):
    settings = Settings(GUESS, evaluations=5, archive=str(tmp_path))
    run = evolve.run(settings, executor=DelayedExecutor(GUESS.load(), 2, lambda: 0.0))
    asked = []

    def pool(settings, *_):
        asked.append(settings.unsafe_no_sandbox)
        return DelayedExecutor(GUESS.load(), 2, lambda: 0.0)

    monkeypatch.setattr("evolve.search.pool_of", pool)
    evolve.resume(str(tmp_path), run.name, 1, unsafe_no_sandbox=True)
    evolve.resume(str(tmp_path), run.name, 1)
    assert asked == [True, False]

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

"""Models named on the command line: what needs no file, what is stored, what is refused."""

from __future__ import annotations

import pytest

from evolve.cli.main import main
from evolve.cli.work import VERBS
from evolve.settings import ModelSettings, Settings

KEY = "canary-0123456789abcdef"
RUN = next(verb for verb in VERBS if verb.name == "run")


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch):
    """What a command line comes to, without a search."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)

    class Ready(Exception):
        pass

    def settings_of(*words: str) -> Settings:
        def stop(settings: Settings, observer: object) -> None:
            raise Ready(settings)

        monkeypatch.setattr("evolve.search.run", stop)
        with pytest.raises(Ready) as ready:
            main(["run", "expert_placement", *words])
        return ready.value.args[0]

    return settings_of


def test_a_model_and_a_budget_need_no_file(settings):
    made = settings("--model", "openai/gpt-5", "--usd", "5")
    assert made.model == ModelSettings(names=("openai/gpt-5",))
    assert made.usd == "5"


def test_an_ensemble_has_weights(settings):
    models = ["--model", "openai/a", "--model", "anthropic/b"]
    made = settings(*models, "--tokens", "1000", "--set", "model.weights=3,1")
    assert made.model.names == ("openai/a", "anthropic/b")
    assert made.model.weights == (3.0, 1.0)


def test_flags_come_before_the_file(settings, tmp_path):
    file = tmp_path / "run.toml"
    file.write_text('usd = 2\n[model]\nname = ["openai/a", "openai/b"]\nweights = [3, 1]\n')
    assert settings("--config", str(file)).model.weights == (3.0, 1.0)
    made = settings("--config", str(file), "--model", "openai/c", "--set", "model.weights=1")
    assert made.model.names == ("openai/c",)


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        (["--set", "model.weights=3"], "1 numbers for 2 models", "one for each --model"),
        (["--set", "model.weights=3,0"], "model.weights='3,0'", "positive numbers"),
        (["--set", "model.reflect_evry=3"], "unknown key 'model.reflect_evry'", "reflect_every"),
        (["--set", "model.reflect_every=-1"], "model.reflect_every='-1'", "0 for never"),
    ],
)
def test_what_is_wrong_is_said_in_two_lines(words, message, hint, capsys):
    models = ["--model", "openai/a", "--model", "openai/b", "--tokens", "1000"]
    assert main(["run", "expert_placement", *models, *words]) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2
    assert message in said[0]
    assert hint in said[1]

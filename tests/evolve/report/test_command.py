"""The command of a report is read back as the settings of the run."""

from __future__ import annotations

import shlex
from dataclasses import fields, replace
from pathlib import Path

import pytest

from evaluators.registry import ProblemSpec
from evolve.cli.main import find_verb
from evolve.cli.search_flags import settings_of
from evolve.report.command import command_for, command_of
from evolve.runs import open_run
from evolve.search import run
from evolve.settings import ModelSettings, Settings

OF_PLACES = {"key_variable", "key_file"}
MODEL = ModelSettings(
    names=("openai/Small", "openai/Large"),
    weights=(0.25, 2.0),
    base_url="http://127.0.0.1:8000/V1",
    usd_per_mtok=(0.5, 1.5),
    concurrency=3,
    requests_per_minute=60.0,
    tokens_per_minute=9000.0,
    timeout_s=30.0,
    prompt_tokens=9000,
    output_tokens=800,
    temperature=0.0,
    reflect_every=7,
    embedded_share=0.0,
)
EVERYTHING = Settings(
    problem=ProblemSpec("expert_placement", {"num_gpus": "8"}, "/data/a log.npz"),
    evaluations=70,
    seconds=12.5,
    seed=3,
    selection="grid",
    stagnation=40,
    lookahead=5,
    racing=True,
    exact=True,
    objectives=("balancedness", "moved_share"),
    require=("moved_share<=0.1",),
    model=MODEL,
    usd="2.50",
    tokens=5000,
    hints=("it's the $load that counts", "sort first"),
    ask_tell=2,
    arm="independent",
)


def read_back(command: str) -> Settings:
    program, verb, *words = shlex.split(command)
    assert program == "adrs"
    return settings_of(find_verb(verb).parser().read(words))


@pytest.mark.parametrize("verb", ["run", "bench"])
@pytest.mark.parametrize(
    "settings", [EVERYTHING, Settings(ProblemSpec("expert_placement"))], ids=["all", "none"]
)
def test_the_settings_come_back(settings: Settings, verb: str) -> None:
    assert read_back(command_for(settings, [], verb)) == settings


def test_nothing_is_left_out_by_mistake() -> None:
    usual = Settings(ProblemSpec("expert_placement"))
    places = {"workers", "executor", "seed_policies", "name", "archive", "unsafe_no_sandbox"}
    same = {
        f.name for f in fields(Settings) if getattr(EVERYTHING, f.name) == getattr(usual, f.name)
    }
    assert same == places
    same = {
        f.name for f in fields(MODEL) if getattr(MODEL, f.name) == getattr(ModelSettings(), f.name)
    }
    assert same == OF_PLACES


def test_where_a_key_is_kept_is_not_told() -> None:
    model = replace(MODEL, key_variable="MY_KEY", key_file="/home/me/key")
    command = command_for(replace(EVERYTHING, model=model), [], "run")
    assert "MY_KEY" not in command
    assert "/home/me" not in command


def test_policies_that_a_run_was_given_are_named_where_it_keeps_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    problem = ProblemSpec("expert_placement")
    given = [
        p.source + f"\n# given {i}\n" for i, p in enumerate(problem.load().baselines().values())
    ]
    settings = Settings(problem, evaluations=1, name="mine", seed_policies=tuple(given[:2]))
    run(settings)
    command = command_of(open_run("runs", "mine"))
    assert read_back(command).seed_policies == settings.seed_policies
